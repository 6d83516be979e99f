"""One connection through the fault proxy, and what happens to the bytes of each direction."""

import asyncio
import random
import socket
import struct
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from tests.faults.proxy import FaultProxy

CHUNK = 65_536
_CHUNKS_WAITING = 64
_PIECES_AT_ONCE = 32
"""Pieces, each written by itself, before other connections get their turn."""
_RESET_ON_CLOSE = struct.pack("ii", 1, 0)
Hurting = Literal["delayed", "trickled", "held", "silenced"]
"""Bytes that came late, left in pieces, had to wait, or were swallowed: counted since the proxy began to."""
Side = tuple[asyncio.StreamReader, asyncio.StreamWriter]
Way = asyncio.Queue[tuple[float, bytes]]
"""Bytes under way in one direction, each with the time it is due; empty bytes: the sender has ended."""


@dataclass
class Line:
    """What happens to the bytes of one direction; read again for every piece of them."""

    latency_s: float = 0.0
    jitter_s: float = 0.0
    piece: int = CHUNK
    """Bytes written at once, at most."""
    rate: float = 0.0
    """Bytes a second; 0: without limit."""
    passable: asyncio.Event = field(default_factory=asyncio.Event)
    """Unset: bytes are held (the sender's TCP would send them again and again) until it is set."""

    def heal(self) -> None:
        """Let everything pass at once."""
        self.latency_s = self.jitter_s = self.rate = 0.0
        self.piece = CHUNK
        self.passable.set()

    def due(self, delays: random.Random) -> float:
        """When bytes that came now may arrive (monotonic time)."""
        return time.monotonic() + self.latency_s + delays.uniform(0, self.jitter_s)


class ProxiedConnection:
    """One connection: the client's side, the server's side, and the bytes between."""

    def __init__(self, proxy: "FaultProxy", client: Side, delays: tuple[random.Random, random.Random]) -> None:
        self._proxy, self._client, self._delays = proxy, client, delays
        self.stranded = False
        self.task = asyncio.create_task(self._run())

    async def _run(self) -> None:
        writers = [self._client[1]]
        orderly = False
        try:
            if not self._proxy.refusing:
                await self._may_pass(self._proxy.up)
                server = await asyncio.open_connection(*self._proxy.target, limit=CHUNK)
                writers.append(server[1])
                orderly = await self._carry_both_ways(server)
        except OSError:
            return  # nothing listens there: the client sees a reset
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
        while data := await reader.read(CHUNK):
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
            self._proxy.tally["trickled"] += line.piece < CHUNK
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
