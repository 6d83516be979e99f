"""Connections of the front door: the headers of a request come within a deadline, and connections are bounded.

aiohttp has a limit for neither; half a request would keep its connection as long as one without any.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial

from aiohttp import web
from aiohttp.web_protocol import RequestHandler

HEADER_S = 15.0
"""Longest wait for the headers of a connection's first request."""
KEEP_ALIVE_S = 30.0
"""Longest wait for the next request of a connection, with its headers."""
MAX_CONNECTIONS = 8_192
FULL = (
    b"HTTP/1.1 503 Service Unavailable\r\nServer: ilp\r\nRetry-After: 5\r\nConnection: close\r\n"
    b"Cache-Control: no-store\r\nContent-Length: 0\r\n\r\n"
)
Refuse = Callable[[web.BaseRequest, int, BaseException | None], web.StreamResponse]
"""Answers unreadable bytes and internal errors, given the status and the error."""


class Bounds:
    """Limits of the connections of one door."""

    def __init__(self, *, header_s: float = HEADER_S, connections: int = MAX_CONNECTIONS) -> None:
        self.header_s, self.connections = header_s, connections


class DoorHandler(RequestHandler):
    """One connection."""

    __slots__ = ("_bounds", "_deadline", "_refuse")

    def __init__(self, manager: web.Server, *, refuse: Refuse, bounds: Bounds, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__(
            manager,
            loop=loop,
            keepalive_timeout=KEEP_ALIVE_S,
            access_log=None,  # type: ignore[arg-type]  # None is what aiohttp itself passes to log nothing
            auto_decompress=False,
        )
        self._refuse, self._bounds = refuse, bounds
        self._deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin the deadline; turn the connection away when there are too many."""
        super().connection_made(transport)
        self._deadline = asyncio.get_running_loop().call_later(self._bounds.header_s, transport.close)
        full = self._manager is not None and len(self._manager.connections) > self._bounds.connections
        if full and isinstance(transport, asyncio.Transport):
            transport.write(FULL)
            transport.close()

    def data_received(self, data: bytes) -> None:
        """End the deadline with the headers of the first request; later ones have that of an idle connection."""
        super().data_received(data)
        if self._messages or self._current_request is not None:
            self._end_deadline()

    def connection_lost(self, exc: BaseException | None) -> None:
        """End the deadline."""
        self._end_deadline()
        super().connection_lost(exc)

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,
    ) -> web.StreamResponse:
        """Answer unreadable bytes and internal errors: aiohttp's own handler would log and repeat what was sent."""
        return self._refuse(request, status, exc)

    def _end_deadline(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None


@asynccontextmanager
async def listening(
    app: web.Application, port: int, refuse: Refuse, bounds: Bounds | None = None
) -> AsyncIterator[asyncio.Server]:
    """Serve an app on a port of this machine (0: any free one)."""
    runner = web.AppRunner(app, access_log=None, handler_cancellation=True, shutdown_timeout=5, auto_decompress=False)
    await runner.setup()
    manager, loop = runner.server, asyncio.get_running_loop()
    if manager is None:
        raise RuntimeError("a runner that is set up has a server")
    connection = partial(DoorHandler, manager, refuse=refuse, bounds=bounds or Bounds(), loop=loop)
    server = await loop.create_server(connection, "127.0.0.1", port, backlog=1024)
    try:
        yield server
    finally:
        server.close()
        await runner.cleanup()
