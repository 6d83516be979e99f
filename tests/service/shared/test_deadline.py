"""The last wall against waiting for ever: whatever a request waits for, its answer begins in time or is a 503."""

import asyncio
from collections.abc import AsyncIterator

import httpx2
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from ilp_shared.http.deadline import Deadline
from tests.support.waiting import patience

SECONDS = 0.2


async def asked(app: Starlette, path: str) -> httpx2.Response:
    """Return the answer of a route behind the deadline."""
    transport = httpx2.ASGITransport(app=Deadline(app, seconds=SECONDS))
    async with patience(), httpx2.AsyncClient(transport=transport, base_url="http://test") as client:
        return await client.get(path)


async def test_a_request_that_waits_for_something_is_answered_and_given_up() -> None:
    given_up = asyncio.Event()

    async def wait(_: Request) -> Response:
        try:
            await asyncio.Event().wait()
        finally:
            given_up.set()
        return Response()

    answer = await asked(Starlette(routes=[Route("/", wait)]), "/")
    assert answer.status_code == 503
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["retryable"] is True
    assert given_up.is_set()


async def test_an_answer_that_has_begun_may_take_its_time() -> None:
    loop = asyncio.get_running_loop()

    async def parts() -> AsyncIterator[str]:
        yield "begun, "
        over = loop.create_future()
        loop.call_later(3 * SECONDS, over.set_result, None)
        await over
        yield "ended"

    async def stream(_: Request) -> Response:
        return StreamingResponse(parts())

    assert (await asked(Starlette(routes=[Route("/", stream)]), "/")).text == "begun, ended"
