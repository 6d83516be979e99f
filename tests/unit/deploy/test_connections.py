"""Connections of the front door: half requests do not stay, and there are only so many connections."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from aiohttp import web

from deploy.dev import connections
from deploy.dev.connections import Bounds, listening
from deploy.dev.front_door import create_app, refuse_unreadable
from tests.support.waiting import is_pending, patiently

HALF = b"GET /health HTTP/1.1\r\nHost: x\r\nX-Slow: "
WHOLE = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"
LONG_S = 3_600.0


@asynccontextmanager
async def door(bounds: Bounds) -> AsyncIterator[int]:
    """Yield the port of a front door without services."""
    async with listening(create_app({}), 0, refuse_unreadable, bounds) as server:
        yield server.sockets[0].getsockname()[1]


async def ask(port: int, content: bytes) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """Open a connection and send bytes on it."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(content)
    await writer.drain()
    return reader, writer


async def test_half_a_request_is_hung_up_on(monkeypatch: pytest.MonkeyPatch) -> None:
    """By the deadline of headers: connections that wait for a request are kept much longer."""
    monkeypatch.setattr(connections, "KEEP_ALIVE_S", LONG_S)
    async with door(Bounds(header_s=0.3)) as port:
        opened = [await ask(port, HALF) for _ in range(20)]
        assert [await patiently(reader.read()) for reader, _ in opened] == [b""] * 20
        for _, writer in opened:
            writer.close()


async def test_a_request_that_takes_long_is_not() -> None:
    more = asyncio.Event()

    async def slow(_: web.Request) -> web.Response:
        await more.wait()
        return web.Response(text="done")

    app = web.Application()
    app.router.add_get("/", slow)
    async with listening(app, 0, refuse_unreadable, Bounds(header_s=0.1)) as server:
        reader, writer = await ask(server.sockets[0].getsockname()[1], WHOLE)
        status = asyncio.create_task(reader.readline())
        assert await is_pending(status, 0.5)
        more.set()
        assert (await status).startswith(b"HTTP/1.1 200")
        writer.close()


async def test_connections_are_bounded_and_free_again() -> None:
    async with door(Bounds(header_s=LONG_S, connections=3)) as port:
        opened = [await ask(port, HALF) for _ in range(3)]
        reader, writer = await ask(port, WHOLE)
        assert (await reader.read()).startswith(b"HTTP/1.1 503 ")
        writer.close()
        for _, open_writer in opened:
            open_writer.close()
            await open_writer.wait_closed()
        status = b""
        while not status.startswith(b"HTTP/1.1 302"):
            reader, writer = await ask(port, WHOLE)
            status = await reader.readline()
            writer.close()
