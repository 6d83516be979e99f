"""A TCP proxy on loopback that hurts what passes through it: the network faults of the campaign.

Stands between API and database, worker and broker, browser and front door (`FaultStage`). Everything can be changed
while connections are open. Bytes are never lost from the middle of a stream, as TCP never loses them: they are
late, held, or the connection is over. Delays come from the seed and the connection's number, so a run repeats them.
"""

import asyncio
import random
import socket
import struct
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import Literal

_CHUNK = 65_536
_CHUNKS_WAITING = 64
_PIECES_AT_ONCE = 32
"""Pieces, each written by itself, before other connections get their turn."""
_RESET_ON_CLOSE = struct.pack("ii", 1, 0)
Hurting = Literal["delayed", "trickled", "held", "silenced"]
"""Bytes that came late, left in pieces, had to wait, or were swallowed: counted since the proxy was told to do so."""
Side = tuple[asyncio.StreamReader, asyncio.StreamWriter]
Way = asyncio.Queue[tuple[float, bytes]]
"""Bytes under way in one direction, each with the time it is due; empty bytes: the sender has ended."""


@dataclass
class Line:
    """What happens to the bytes of one direction; read anew for every piece of them."""

    latency_s: float = 0.0
    jitter_s: float = 0.0
    piece: int = _CHUNK
    """Bytes written at once, at most."""
    rate: float = 0.0
    """Bytes a second; 0: without limit."""
    passable: asyncio.Event = field(default_factory=asyncio.Event)
    """Unset: bytes are held (the sender's TCP would send them again and again) until it is set."""

    def heal(self) -> None:
        """Let everything pass at once."""
        self.latency_s = self.jitter_s = self.rate = 0.0
        self.piece = _CHUNK
        self.passable.set()

    def due(self, delays: random.Random) -> float:
        """When bytes that came now may arrive (monotonic time)."""
        return time.monotonic() + self.latency_s + delays.uniform(0, self.jitter_s)


class FaultProxy:
    """Listens on a port of its own and passes connections on to `target`; call `start` and `stop`."""

    def __init__(self, target: tuple[str, int], rng: random.Random) -> None:
        self.target = target
        self.up, self.down = Line(), Line()
        self.port = 0
        self.accepted = 0
        """Connections so far."""
        self.refusing = False
        self.answers_to_lose = 0
        self.network_back = asyncio.Event()
        self.tally: Counter[Hurting] = Counter()
        self._seed = rng.getrandbits(64)
        self._server: asyncio.Server | None = None
        self._links: set[_Link] = set()
        self.heal()

    @property
    def address(self) -> str:
        """Where clients connect, `host:port`."""
        return f"127.0.0.1:{self.port}"

    @property
    def connections(self) -> int:
        """Connections that the proxy holds now."""
        return len(self._links)

    async def start(self, port: int = 0) -> None:
        """Listen on a port, by default any free one."""
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", port, limit=_CHUNK)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Stop listening and reset every connection."""
        if self._server is not None:
            self._server.close()
        self.refuse()
        await asyncio.gather(*(link.task for link in self._links), return_exceptions=True)

    # -- hurting and healing -----------------------------------------------------------------------------------

    def slow(self, latency_s: float, jitter_s: float = 0.0) -> None:
        """Let bytes arrive later, both ways: by `latency_s` and up to `jitter_s` more, in order."""
        self.tally["delayed"] = 0
        for line in (self.up, self.down):
            line.latency_s, line.jitter_s = latency_s, jitter_s

    def trickle(self, piece: int = 1, rate: float = 0.0) -> None:
        """Hand bytes on in pieces, by default one by one, both ways; at most `rate` bytes a second."""
        self.tally["trickled"] = 0
        for line in (self.up, self.down):
            line.piece, line.rate = piece, rate

    def hold(self, *lines: Line) -> None:
        """Half-open: hold what goes in these directions (none named: both). Neither side is told anything."""
        self.tally["held"] = 0
        for line in lines or (self.up, self.down):
            line.passable.clear()

    def strand(self) -> None:
        """Make the connections of this moment silent for ever without telling either side; new ones work."""
        self.tally["silenced"] = 0
        self.network_back.clear()
        for link in self._links:
            link.stranded = True

    def cut(self) -> None:
        """Reset (RST) every connection on both sides."""
        for link in self._links:
            link.task.cancel()

    def refuse(self) -> None:
        """Reset every connection, and new ones as soon as they come."""
        self.refusing = True
        self.cut()

    def lose_answers(self, number: int) -> None:
        """Swallow the next answer of `number` connections and reset them: it was done, and nobody is told."""
        self.answers_to_lose = number

    def heal(self) -> None:
        """Stop hurting. What was held goes on; a stranded connection stays silent until one side leaves it."""
        self.refusing, self.answers_to_lose = False, 0
        self.up.heal()
        self.down.heal()
        self.network_back.set()

    def delays(self, number: int) -> tuple[random.Random, random.Random]:
        """What the jitter of a connection is drawn from, up and down."""
        return random.Random(f"{self._seed}/{number}/up"), random.Random(f"{self._seed}/{number}/down")

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        link = _Link(self, (reader, writer), self.delays(self.accepted))
        self.accepted += 1
        self._links.add(link)
        link.task.add_done_callback(lambda _: self._links.discard(link))


class _Link:
    """One connection: the client's side, the server's side, and the bytes between."""

    def __init__(self, proxy: FaultProxy, client: Side, delays: tuple[random.Random, random.Random]) -> None:
        self._proxy, self._client, self._delays = proxy, client, delays
        self.stranded = False
        self.task = asyncio.create_task(self._run())

    async def _run(self) -> None:
        writers = [self._client[1]]
        orderly = False
        try:
            if not self._proxy.refusing:
                await self._may_pass(self._proxy.up)
                server = await asyncio.open_connection(*self._proxy.target, limit=_CHUNK)
                writers.append(server[1])
                orderly = await self._carry_both_ways(server)
        except OSError:
            return  # nobody listens there: the client sees a reset
        finally:
            for writer in writers:
                _close(writer, orderly=orderly)

    async def _carry_both_ways(self, server: Side) -> bool:
        """Carry until both sides have ended orderly (True), or one of them hard, or either of a stranded one."""
        up: Way = asyncio.Queue(_CHUNKS_WAITING)
        down: Way = asyncio.Queue(_CHUNKS_WAITING)
        proxy = self._proxy
        carriers = [
            asyncio.create_task(work)
            for work in (
                self._take(self._client[0], up, proxy.up, self._delays[0]),
                self._hand_on(up, server[1], proxy.up),
                self._take(server[0], down, proxy.down, self._delays[1]),
                self._hand_on(down, self._client[1], proxy.down),
            )
        ]
        try:
            _, unfinished = await asyncio.wait(carriers, return_when=asyncio.FIRST_EXCEPTION)
            if self.stranded:
                await proxy.network_back.wait()
            return not unfinished and not any(carrier.exception() for carrier in carriers)
        finally:
            for carrier in carriers:
                carrier.cancel()
            await asyncio.gather(*carriers, return_exceptions=True)

    async def _may_pass(self, line: Line) -> None:
        self._proxy.tally["held"] += not line.passable.is_set()
        await line.passable.wait()

    async def _take(self, reader: asyncio.StreamReader, way: Way, line: Line, delays: random.Random) -> None:
        while data := await reader.read(_CHUNK):
            self._proxy.tally["delayed"] += line.latency_s > 0
            await way.put((line.due(delays), data))
        await way.put((line.due(delays), data))

    async def _hand_on(self, way: Way, writer: asyncio.StreamWriter, line: Line) -> None:
        while True:
            due, data = await way.get()
            await asyncio.sleep(max(0.0, due - time.monotonic()))
            if line is self._proxy.down and data and self._proxy.answers_to_lose > 0:
                self._proxy.answers_to_lose -= 1
                raise ConnectionResetError
            if not data:
                await self._end(writer, line)
                return
            await self._write(writer, data, line)

    async def _write(self, writer: asyncio.StreamWriter, data: bytes, line: Line) -> None:
        at = written = 0
        while at < len(data):
            await self._may_pass(line)
            piece = data[at : at + line.piece]
            self._proxy.tally["trickled"] += line.piece < _CHUNK
            self._proxy.tally["silenced"] += self.stranded
            if not self.stranded:
                writer.write(piece)
            at, written = at + len(piece), written + 1
            if line.rate:
                await asyncio.sleep(len(piece) / line.rate)
            elif written % _PIECES_AT_ONCE == 0:
                await asyncio.sleep(0)
        await writer.drain()

    async def _end(self, writer: asyncio.StreamWriter, line: Line) -> None:
        await self._may_pass(line)
        if self.stranded:
            raise ConnectionResetError  # this side is gone; the other will hear of it when the network is back
        writer.write_eof()


def _close(writer: asyncio.StreamWriter, *, orderly: bool) -> None:
    """Close a side, with all that was written; or so that it sees RST at once."""
    if orderly:
        writer.close()
        return
    sock = writer.get_extra_info("socket")
    if sock is not None and sock.fileno() >= 0:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
    writer.transport.abort()
