"""The outermost layer of every API: trace id, body limit, security headers, metrics, and the last-resort answer."""

import secrets
import time

import structlog
from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ilp_shared import metrics
from ilp_shared.http.refusals import BODY_LIMIT, TOO_LARGE, render_unexpected
from ilp_shared.problems import TooLarge

MAX_BODY = 4 * 1024 * 1024
_CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self';"
    " font-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
_HEADERS = {
    "Content-Security-Policy": _CSP,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
}
log = structlog.get_logger()


class Boundary:
    """Pure ASGI middleware; streams pass through untouched."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request = Request(scope)
        scope["ilp_trace"], scope["ilp_traceparent"] = _trace(request.headers.get("traceparent"))
        started = time.perf_counter()
        status = 0

        async def answer(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = MutableHeaders(scope=message)
                for name, value in _HEADERS.items():
                    headers.setdefault(name, value)
                headers.setdefault("Cache-Control", "no-store")
            await send(message)

        try:
            await self._app(scope, _limited(scope, receive), answer)
        except Exception as error:
            if status:
                raise
            await render_unexpected(request, error)(scope, receive, answer)
        finally:
            seconds = time.perf_counter() - started
            route = getattr(scope.get("route"), "path", "unknown")
            metrics.REQUESTS.labels(scope["method"], route, str(status)).observe(seconds)
            if status >= 500:
                log.warning("request", route=route, method=scope["method"], status=status, trace_id=scope["ilp_trace"])


def _limited(scope: Scope, receive: Receive) -> Receive:
    size = 0

    async def receive_within_limit() -> Message:
        nonlocal size
        message = await receive()
        if message["type"] == "http.request":
            size += len(message.get("body", b""))
            if size > MAX_BODY:
                scope[TOO_LARGE] = True
                raise TooLarge(BODY_LIMIT)
        return message

    return receive_within_limit


def _trace(traceparent: str | None) -> tuple[str, str]:
    """Return (trace id, traceparent of this service) for W3C Trace Context, keeping the caller's trace if sound."""
    parts = (traceparent or "").split("-")
    sound = len(parts) == 4 and len(parts[1]) == 32 and all(c in "0123456789abcdef" for c in parts[1])
    trace = parts[1] if sound else secrets.token_hex(16)
    return trace, f"00-{trace}-{secrets.token_hex(8)}-01"
