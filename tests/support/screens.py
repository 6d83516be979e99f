"""Many open streams from one process, on plain sockets: a client costs no more than its socket."""

import asyncio
import resource
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from urllib.parse import urlsplit

from tests.support.waiting import eventually

AT_ONCE = 10


class Screens:
    """Open streams of one server; each counts the patches it received."""

    def __init__(self, url: str) -> None:
        self._place = urlsplit(url)
        self._gate = asyncio.Semaphore(AT_ONCE)
        self.readers: list[asyncio.Task[None]] = []
        self.ended = 0
        self.alive: set[int] = set()
        self.patches: list[int] = []

    async def open(self, asking: Sequence[bytes]) -> None:
        """Open a screen for each request as pages do, some at once, until each has heard the server."""
        first = len(self.patches)
        self.readers += [asyncio.create_task(self._read(sent, first + n)) for n, sent in enumerate(asking)]
        self.patches += [0] * len(asking)
        await eventually(self._all_heard, within_s=300)

    async def _all_heard(self) -> bool:
        return len(self.alive) == len(self.patches)

    async def _read(self, sent: bytes, index: int) -> None:
        async with self._gate:
            reader, writer = await self._connect(sent)
        try:
            while line := await reader.readline():
                if line.startswith(b"event: "):
                    self.alive.add(index)
                self.patches[index] += line.startswith(b"event: indicator")
            self.ended += 1
        finally:
            await _hang_up(writer)

    async def _connect(self, sent: bytes) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """Ask until there is a stream, as a browser does: a busy machine may answer 503 in between."""
        while True:
            reader, writer = await asyncio.open_connection(self._place.hostname, self._place.port)
            writer.write(sent)
            if (await reader.readline()).startswith(b"HTTP/1.1 200"):
                return reader, writer
            await _hang_up(writer)

    async def all_told(self) -> bool:
        """Tell whether every screen has received a patch."""
        return min(self.patches) >= 1

    async def leave(self) -> None:
        """Close every screen."""
        for reader in self.readers:
            reader.cancel()
        await asyncio.gather(*self.readers, return_exceptions=True)


async def _hang_up(writer: asyncio.StreamWriter) -> None:
    writer.close()
    with suppress(ConnectionError):
        await writer.wait_closed()


@asynccontextmanager
async def screens_of(url: str, most: int) -> AsyncIterator[Screens]:
    """Yield a set of up to so many screens, and close them."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    needed = 3 * most
    assert hard in (resource.RLIM_INFINITY, -1) or hard >= needed, "this machine allows too few open files"
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, needed), hard))
    screens = Screens(url)
    try:
        yield screens
    finally:
        await screens.leave()
