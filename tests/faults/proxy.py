"""A TCP proxy on loopback that hurts what passes through it: the network faults of the campaign.

One is between API and database, worker and broker, browser and front door (`BreakablePlatform`). Everything can be
changed while connections are open. Bytes are never lost from the middle of a stream, as TCP never loses them: they are
late, held, or the connection is over. Delays come from the seed and the connection's number, so a run repeats them.
"""

import asyncio
import random
from collections import Counter

from tests.faults.proxied_connection import CHUNK, Hurting, Line, ProxiedConnection


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
        self._connections: set[ProxiedConnection] = set()
        self.heal()

    @property
    def address(self) -> str:
        """Where clients connect, `host:port`."""
        return f"127.0.0.1:{self.port}"

    @property
    def connections(self) -> int:
        """Connections that the proxy holds now."""
        return len(self._connections)

    async def start(self, port: int = 0) -> None:
        """Listen on a port, by default any free one."""
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", port, limit=CHUNK)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Stop listening and reset every connection."""
        if self._server is not None:
            self._server.close()
        self.refuse()
        await asyncio.gather(*(connection.task for connection in self._connections), return_exceptions=True)

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
        """Half-open: hold what goes in these directions (none named: both). Neither side is notified."""
        self.tally["held"] = 0
        for line in lines or (self.up, self.down):
            line.passable.clear()

    def strand(self) -> None:
        """Make the connections of this moment silent for ever without telling either side; new ones work."""
        self.tally["silenced"] = 0
        self.network_back.clear()
        for connection in self._connections:
            connection.stranded = True

    def cut(self) -> None:
        """Reset (RST) every connection on both sides."""
        for connection in self._connections:
            connection.task.cancel()

    def refuse(self) -> None:
        """Reset every connection, and new ones as soon as they come."""
        self.refusing = True
        self.cut()

    def lose_answers(self, number: int) -> None:
        """Swallow the next answer of `number` connections and reset them: the client does not hear of success."""
        self.answers_to_lose = number

    def heal(self) -> None:
        """Stop hurting. What was held goes on; a stranded connection stays silent until one side leaves it."""
        self.refusing, self.answers_to_lose = False, 0
        self.up.heal()
        self.down.heal()
        self.network_back.set()

    def delays(self, number: int) -> tuple[random.Random, random.Random]:
        """Return what the jitter of a connection is drawn from, up and down."""
        return random.Random(f"{self._seed}/{number}/up"), random.Random(f"{self._seed}/{number}/down")

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connection = ProxiedConnection(self, (reader, writer), self.delays(self.accepted))
        self.accepted += 1
        self._connections.add(connection)
        connection.task.add_done_callback(lambda _: self._connections.discard(connection))
