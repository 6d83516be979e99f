"""The outermost layer of every API: trace context, header and body check, security headers, metrics, last answer.

Every refusal is one log line with the trace id that its problem document shows; so is every line that the request
causes on the way, because the trace id is in the log context.
"""

import re
import time
from collections.abc import Collection
from functools import partial
from typing import Final
from urllib.parse import urlsplit, urlunsplit

import structlog
from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ilp_shared import metrics
from ilp_shared.http.accesses import open_note, record_refusal
from ilp_shared.http.bodies import read_body
from ilp_shared.http.guard import bears_valid_token
from ilp_shared.http.refusals import render, render_unexpected
from ilp_shared.problems import BadRequest, Problem
from ilp_shared.text import Text
from ilp_shared.tracing import ROUTE_HEADER, entered_span

_CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self';"
    " font-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
_HEADERS = {
    "Content-Security-Policy": _CSP,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}
_BEHIND_TLS = {**_HEADERS, "Strict-Transport-Security": "max-age=31536000; includeSubDomains"}
"""Where the proxy in front says that the client uses TLS; over plain HTTP the header has no effect."""
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
"""What a request may be measured under: a client chooses its method, and each one makes series."""
_SINGLE = ("host", "authorization", "idempotency-key", "content-type", "content-length")
_TWICE = Text("Header ini hanya boleh muncul sekali: {name}.", "This header may appear only once: {name}.")
_BY_ADDRESS = ("/health/", "/metrics")
_HOST = re.compile(r"([a-z0-9.-]+)(?::\d{1,5})?")
_NOT_SERVED = Text("Nama host ini tidak dilayani di sini.", "This host is not served here.")
ELSEWHERE: Final = "ilp_elsewhere"
"""Where the scope holds the address of another host, by settings, that an answer may lead to."""
log = structlog.get_logger()


class Boundary:
    """Pure ASGI middleware; streams pass through untouched."""

    def __init__(
        self, app: ASGIApp, *, body_deadline_s: float, trusted_hosts: Collection[str] = (), forms: Collection[str] = ()
    ) -> None:
        self._app, self._body_deadline_s = app, body_deadline_s
        self._trusted_hosts, self._forms = trusted_hosts, forms

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        span = entered_span(Request(scope).headers.get("traceparent"))
        with span as entered, structlog.contextvars.bound_contextvars(trace_id=entered.trace_id):
            scope["ilp_trace"] = entered.trace_id
            scope["ilp_span"] = entered
            await self._serve(scope, receive, send)

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope)
        security = _BEHIND_TLS if request.headers.get("x-forwarded-proto") == "https" else _HEADERS
        watch = _Watch(scope)

        async def answer(message: Message) -> None:
            if message["type"] == "http.response.start":
                await record_refusal(request, message["status"])
                headers = MutableHeaders(scope=message)
                for name, value in security.items():
                    headers.setdefault(name, value)
                headers.setdefault("Cache-Control", "no-store")
                if "location" in headers and headers["location"] != scope.get(ELSEWHERE):
                    headers["location"] = _relative(headers["location"])
                watch.begin(message["status"], headers.get("content-type", ""))
                headers[ROUTE_HEADER] = watch.route
            await send(message)

        open_note(request)
        try:
            _check_headers(request)
            if self._trusted_hosts:
                _check_host(request, self._trusted_hosts)
            trusted = partial(bears_valid_token, request)
            is_form = _path(request) in self._forms
            body = await read_body(scope, receive, within_s=self._body_deadline_s, trusted=trusted, is_form=is_form)
            await self._app(scope, body, answer)
        except Exception as error:
            if watch.status:
                raise
            refusal = render(request, error) if isinstance(error, Problem) else render_unexpected(request, error)
            await refusal(scope, receive, answer)
        finally:
            watch.end()


class _Watch:
    """What is measured and logged of one request: by route template, so that no id and no area is in it."""

    def __init__(self, scope: Scope) -> None:
        self._scope, self._began = scope, time.perf_counter()
        self._streaming = False
        self.status = 0
        """0 until the answer begins."""

    def begin(self, status: int, content_type: str) -> None:
        """Note the beginning of the answer. A live stream counts as answered now; how long it is open is apart."""
        self.status = status
        self._streaming = content_type.startswith("text/event-stream")
        if self._streaming:
            self._answered()
            metrics.OPEN_STREAMS.labels(self.route).inc()

    def end(self) -> None:
        """Note the end of the answer."""
        if self._streaming:
            metrics.OPEN_STREAMS.labels(self.route).dec()
            metrics.STREAM_SECONDS.labels(self.route).observe(time.perf_counter() - self._began)
        else:
            self._answered()
        if self.status >= 400:
            self._log()

    @property
    def route(self) -> str:
        """The template of the route; `unknown` where there is none."""
        return getattr(self._scope.get("route"), "path", "unknown")

    @property
    def _method(self) -> str:
        method: str = self._scope["method"]
        return method if method in _METHODS else "other"

    def _answered(self) -> None:
        seconds = time.perf_counter() - self._began
        self._scope["ilp_span"].answered(self._method, self.route, self.status)
        metrics.REQUESTS.labels(self._method, self.route, str(self.status)).observe(seconds)

    def _log(self) -> None:
        milliseconds = round(1000 * (time.perf_counter() - self._began), 1)
        facts = {"route": self.route, "method": self._method, "status": self.status, "duration_ms": milliseconds}
        problem = self._scope.get("ilp_problem")
        if self.status >= 500:
            log.warning("request", problem=problem, **facts)
        else:
            log.info("request", problem=problem, **facts)


def _check_headers(request: Request) -> None:
    """Raise BadRequest for a header that means one thing but comes twice: readers would take different ones."""
    for name in _SINGLE:
        if len(request.headers.getlist(name)) > 1:
            raise BadRequest(_TWICE.format(name=name))


def _check_host(request: Request, trusted: Collection[str]) -> None:
    """Raise BadRequest for a host that is not served here; probes and Prometheus ask by address."""
    path = _path(request)
    named = _HOST.fullmatch(request.headers.get("host", "").lower())
    if (named is None or named[1] not in trusted) and not path.startswith(_BY_ADDRESS):
        raise BadRequest(_NOT_SERVED)


def _path(request: Request) -> str:
    """Return the path below the prefix of a proxy in front."""
    return str(request.scope["path"]).removeprefix(request.scope.get("root_path", ""))


def _relative(location: str) -> str:
    """Return a location without scheme and host: those of a redirect come from the client's own Host header.

    A path that is relative to the address asked for stays so: the prefix of a proxy in front belongs to it.
    """
    parts = urlsplit(location)
    if not parts.scheme and not parts.netloc and not parts.path.startswith(("/", "\\")):
        return location
    return urlunsplit(("", "", "/" + parts.path.lstrip("/"), parts.query, parts.fragment))
