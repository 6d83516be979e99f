"""The trace of a command, from its request to the live screen: W3C context on the events, spans where spans are wanted.

The HTTP boundary enters the context for each request and `Unit.emit` reads it; no code between them carries it. Each
request has a context of its own, so concurrent requests do not mix.

A process with a collector (`spans.py` starts it) also measures: one span for each request, one for each shared commit,
relay round, consumer batch and push to screens, never one for each event. A batch belongs to the trace of its first
sampled event and names the others as links. Of a request that is not sampled a span is made only at its end, where it
is worth one. Without a collector no span is made, and nothing of a batch is looked at.
"""

import re
import secrets
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from opentelemetry.trace import Link, SpanContext, Tracer
    from opentelemetry.trace import Span as Measured

ROUTE_HEADER: Final = "ILP-Route"
"""Tells the proxy in front the route template of an answer, for its log and metrics; the proxy takes it off."""
LINKS: Final = 32
"""The most traces that one batch names."""
_TRACEPARENT = re.compile(r"[0-9a-f]{2}-((?!0{32})[0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}")
_SAMPLED: Final = "-01"
SLOW_NS: Final = 1_000_000_000
"""A request or batch that takes longer is sent whatever was decided."""
_current: ContextVar[str | None] = ContextVar("traceparent", default=None)
_batch: ContextVar[str | None] = ContextVar("traceparent of a batch", default=None)
_root: ContextVar[int] = ContextVar("trace id of the next span without a parent")
_tracer: "Tracer | None" = None
"""None while this process measures nothing."""
_is_sampled: Callable[[int], bool] = bool


def measure_with(tracer: "Tracer | None", is_sampled: Callable[[int], bool] = bool) -> None:
    """Make spans from now on, or none any more; `is_sampled` decides by the trace id."""
    global _tracer, _is_sampled
    _tracer, _is_sampled = tracer, is_sampled


def root_trace_id() -> int:
    """Return the trace id that the next span without a parent has to take."""
    return _root.get()


@dataclass(slots=True)
class Span:
    """The part of a trace that this service adds."""

    trace_id: str
    traceparent: str
    measured: "Measured | None" = None
    caller: str | None = None
    began_ns: int = 0
    """Unix time at which a request began that is not sampled; 0 where no span may come of it any more."""

    def answered(self, method: str, route: str, status: int) -> None:
        """End what is measured of a request: a live stream goes on, but it has been answered."""
        measured = self.measured or self._late(failed=status >= 500)
        self.began_ns = 0
        if measured is None or not measured.is_recording():
            return
        measured.update_name(f"{method} {route}")
        measured.set_attributes(
            {"http.request.method": method, "http.route": route, "http.response.status_code": status}
        )
        if status >= 500:
            _fail(measured)
        measured.end()

    def left(self) -> None:
        """End what is measured of a request that was not answered."""
        measured = self.measured or self._late(failed=False)
        if measured is not None and measured.is_recording():
            measured.end()

    def _late(self, *, failed: bool) -> "Measured | None":
        """Start the span of a request that is not sampled, where it failed or took longer than a second."""
        if _tracer is None or not self.began_ns or not (failed or time.time_ns() - self.began_ns > SLOW_NS):
            return None
        return _requested(_tracer, self.trace_id, self.caller, self.began_ns)


@contextmanager
def entered_span(traceparent: str | None) -> Iterator[Span]:
    """Start a span of the caller's trace, or of a new one if the `traceparent` header is not well formed."""
    span = _new_span(traceparent) if _tracer is None else _new_measured(_tracer, traceparent)
    token = _current.set(span.traceparent)
    try:
        yield span
    finally:
        _current.reset(token)
        span.left()


@contextmanager
def batch_span(
    name: str, traceparents: Callable[[], Iterable[str | None]], attributes: Mapping[str, int] | None = None
) -> Iterator[None]:
    """Measure what is done at once for many commands or events, if one of them is sampled.

    `traceparents` are those of what is in the batch; they are asked for only while this process measures.
    """
    contexts = _sampled(traceparents()) if _tracer is not None else []
    if _tracer is None or not contexts:
        yield
        return
    from opentelemetry.trace import Link

    measured = _started(_tracer, name, contexts[0], [Link(each) for each in contexts[1:]])
    measured.set_attributes(attributes or {})
    token = _batch.set(_written(measured.get_span_context()))
    try:
        yield
    except BaseException:
        _fail(measured)
        raise
    finally:
        _batch.reset(token)
        measured.end()


def trace_id_of(traceparent: str | None) -> str | None:
    """Return the trace id in a `traceparent`; None without a well-formed one."""
    match = _TRACEPARENT.fullmatch(traceparent or "")
    return match[1] if match else None


def current_traceparent() -> str | None:
    """Return the traceparent of the command being served; None outside a request."""
    return _current.get()


def batch_traceparent() -> str | None:
    """Return the traceparent of the batch being worked on; None where it is not measured."""
    return _batch.get()


def _new_span(traceparent: str | None) -> Span:
    trace_id = trace_id_of(traceparent) or secrets.token_hex(16)
    return Span(trace_id, f"00-{trace_id}-{secrets.token_hex(8)}{_SAMPLED}")


def _new_measured(tracer: "Tracer", traceparent: str | None) -> Span:
    trace_id = trace_id_of(traceparent) or secrets.token_hex(16)
    if not _is_sampled(int(trace_id, 16)):
        return Span(trace_id, f"00-{trace_id}-{secrets.token_hex(8)}-00", None, traceparent, time.time_ns())
    measured = _requested(tracer, trace_id, traceparent)
    return Span(trace_id, _written(measured.get_span_context()), measured)


def _requested(tracer: "Tracer", trace_id: str, traceparent: str | None, began_ns: int | None = None) -> "Measured":
    _root.set(int(trace_id, 16))
    return _started(tracer, "request", _read(traceparent), [], server=True, began_ns=began_ns)


def _started(
    tracer: "Tracer",
    name: str,
    parent: "SpanContext | None",
    links: "list[Link]",
    *,
    server: bool = False,
    began_ns: int | None = None,
) -> "Measured":
    """Start a span; of an exception it keeps nothing, because its text may repeat a row."""
    from opentelemetry.context import Context
    from opentelemetry.trace import NonRecordingSpan, SpanKind, set_span_in_context

    context = Context() if parent is None else set_span_in_context(NonRecordingSpan(parent), Context())
    kind = SpanKind.SERVER if server else SpanKind.INTERNAL
    return tracer.start_span(
        name,
        context,
        kind,
        links=links,
        start_time=began_ns,
        record_exception=False,
        set_status_on_exception=False,
    )


def _sampled(traceparents: Iterable[str | None]) -> "list[SpanContext]":
    """Return the contexts of the first sampled traces, each once."""
    distinct = dict.fromkeys(each for each in traceparents if each and each.endswith(_SAMPLED))
    return [context for each in islice(distinct, LINKS) if (context := _read(each)) is not None]


def _read(traceparent: str | None) -> "SpanContext | None":
    from opentelemetry.trace import SpanContext, TraceFlags

    match = _TRACEPARENT.fullmatch(traceparent or "")
    if match is None:
        return None
    flags = TraceFlags(int((traceparent or "")[-2:], 16) & 1)
    return SpanContext(int(match[1], 16), int(match[2], 16), is_remote=True, trace_flags=flags)


def _written(context: "SpanContext") -> str:
    return f"00-{context.trace_id:032x}-{context.span_id:016x}-{context.trace_flags & 1:02x}"


def _fail(measured: "Measured") -> None:
    from opentelemetry.trace import Status, StatusCode

    measured.set_status(Status(StatusCode.ERROR))
