"""The W3C trace context of the command being served, for the events it raises.

The HTTP boundary sets it for each request; whoever builds an event reads it. Code between them does not carry it.
"""

import secrets
from contextvars import ContextVar

_HEX = frozenset("0123456789abcdef")
_traceparent: ContextVar[str | None] = ContextVar("traceparent", default=None)


def enter_trace(traceparent: str | None) -> tuple[str, str]:
    """Start this service's span of a trace; returns (trace id, this span's traceparent).

    The caller's trace id is kept if its `traceparent` header is well formed; otherwise a new trace begins.
    """
    parts = (traceparent or "").split("-")
    sound = len(parts) == 4 and len(parts[1]) == 32 and _HEX.issuperset(parts[1])
    trace = parts[1] if sound else secrets.token_hex(16)
    own = f"00-{trace}-{secrets.token_hex(8)}-01"
    _traceparent.set(own)
    return trace, own


def current_traceparent() -> str | None:
    """Return the traceparent of the command being served; None outside a request."""
    return _traceparent.get()
