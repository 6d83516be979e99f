"""The W3C trace context of the command that this task serves, for the events that the command raises.

The HTTP boundary enters it for each request and `Unit.emit` reads it; no code between them carries it. Each request has
a context of its own, so concurrent requests do not mix.
"""

import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Final

ROUTE_HEADER: Final = "ILP-Route"
"""Tells the proxy in front the route template of an answer, for its log and metrics; the proxy takes it off."""
_TRACEPARENT = re.compile(r"[0-9a-f]{2}-((?!0{32})[0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}")
_current: ContextVar[str | None] = ContextVar("traceparent", default=None)


@dataclass(frozen=True, slots=True)
class Span:
    """The part of a trace that this service adds."""

    trace_id: str
    traceparent: str


@contextmanager
def entered_span(traceparent: str | None) -> Iterator[Span]:
    """Start a span of the caller's trace, or of a new one if the `traceparent` header is not well formed."""
    trace_id = trace_id_of(traceparent) or secrets.token_hex(16)
    span = Span(trace_id, f"00-{trace_id}-{secrets.token_hex(8)}-01")
    token = _current.set(span.traceparent)
    try:
        yield span
    finally:
        _current.reset(token)


def trace_id_of(traceparent: str | None) -> str | None:
    """Return the trace id in a `traceparent`; None without a well-formed one."""
    match = _TRACEPARENT.fullmatch(traceparent or "")
    return match[1] if match else None


def current_traceparent() -> str | None:
    """Return the traceparent of the command being served; None outside a request."""
    return _current.get()
