"""What operators see of the front door: its metrics, and one log line for each refusal, with its trace id.

Both name a request by its route template, which the service tells in a header; the path itself is in neither.
"""

from __future__ import annotations

import time
from typing import Final

import structlog
from aiohttp import web
from aiohttp.typedefs import Handler
from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest

from ilp_shared.tracing import ROUTE_HEADER, entered_span, trace_id_of

BEGAN: Final = web.RequestKey("began", float)
PROBLEM: Final = web.RequestKey("problem", str)
TRACEPARENT: Final = web.RequestKey("traceparent", str)
PREFIX: Final = web.RequestKey("prefix", str)
"""Of the service that a request is passed on to."""
REGISTRY: Final = CollectorRegistry()
REQUESTS: Final = Histogram(
    "ilp_front_door_request_seconds",
    "Until an answer begins, by service, route template, method and status",
    ["service", "route", "method", "status"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
    registry=REGISTRY,
)
UNREADABLE: Final = Counter(
    "ilp_front_door_unreadable_total",
    "Bytes that were no request, by the status of the refusal",
    ["status"],
    registry=REGISTRY,
)
_OWN: Final = "front-door"
_UNKNOWN: Final = "unknown"
_METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
log = structlog.get_logger()


@web.middleware
async def observe(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Note when a request began and the trace that it belongs to: that of the client, or a new one."""
    request[BEGAN] = time.perf_counter()
    trace_id_for(request)
    return await handler(request)


def trace_id_for(request: web.BaseRequest) -> str:
    """Return the trace id of a request; the first call gives one to a request that brought none."""
    if TRACEPARENT not in request:
        with entered_span(request.headers.get("traceparent")) as span:
            request[TRACEPARENT] = span.traceparent
    return trace_id_of(request[TRACEPARENT]) or ""


async def note_answer(request: web.Request, answer: web.StreamResponse) -> None:
    """Measure an answer as it begins; log it where it is a refusal. A live stream counts until it begins, too."""
    if BEGAN not in request:
        return
    service, route = _place(request, answer.headers.pop(ROUTE_HEADER, ""))
    method = request.method if request.method in _METHODS else "other"
    REQUESTS.labels(service, route, method, str(answer.status)).observe(time.perf_counter() - request[BEGAN])
    if answer.status >= 400:
        facts = {"route": route, "method": method, "status": answer.status, "problem": request.get(PROBLEM)}
        write = log.warning if answer.status >= 500 else log.info
        write("request", trace_id=trace_id_for(request), **facts)


def note_unreadable(request: web.BaseRequest, status: int, reason: str) -> None:
    """Count and log bytes that were no request; `reason` is the kind of error, never its text."""
    UNREADABLE.labels(str(status)).inc()
    log.warning("unreadable", status=status, reason=reason, trace_id=trace_id_for(request))


def exposition() -> bytes:
    """Return the metrics of the front door."""
    return generate_latest(REGISTRY)


def _place(request: web.Request, template: str) -> tuple[str, str]:
    """Return service and route: as the service says, else of the front door's own routes."""
    prefix = request.get(PREFIX)
    if prefix is not None:
        return prefix.removeprefix("/"), f"{prefix}{template}" if template.startswith("/") else _UNKNOWN
    resource = request.match_info.route.resource
    canonical = resource.canonical if resource is not None else _UNKNOWN
    return _OWN, _UNKNOWN if canonical.startswith("/{") else canonical
