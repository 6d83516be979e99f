"""The deadline of a request: an answer that has not begun in time becomes 503, whatever the request waits for.

The deadline lies inside the boundary, which reads the body under a deadline of its own. The work of the request is
cancelled, but the 503 does not wait for that: cancelling a statement on a silent connection takes time too. A stream
has begun with its first byte.
"""

import asyncio

from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ilp_shared.http.refusals import render_unexpected


class Deadline:
    """Pure ASGI middleware."""

    def __init__(self, app: ASGIApp, seconds: float) -> None:
        self._app, self._seconds = app, seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        serving = asyncio.current_task()
        assert serving is not None  # noqa: S101 - narrows for the type checker
        refusal: asyncio.Task[None] | None = None

        def give_up() -> None:
            nonlocal refusal
            late = render_unexpected(Request(scope), TimeoutError())
            refusal = asyncio.create_task(late(scope, receive, send))
            serving.cancel()

        async def answer(message: Message) -> None:
            if refusal is None:
                timer.cancel()
                await send(message)

        timer = asyncio.get_running_loop().call_later(self._seconds, give_up)
        try:
            await self._app(scope, receive, answer)
        except (Exception, asyncio.CancelledError) as error:
            if refusal is None or (isinstance(error, asyncio.CancelledError) and serving.uncancel() > 0):
                raise
        finally:
            timer.cancel()
            if refusal is not None:
                await refusal
