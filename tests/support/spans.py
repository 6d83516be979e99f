"""What a process would send to a collector, kept in memory."""

from collections.abc import Iterator
from contextlib import contextmanager

from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from ilp_shared.spans import send_spans
from ilp_shared.tracing import measure_with


class Sent:
    """The spans that have ended so far."""

    def __init__(self, exporter: InMemorySpanExporter) -> None:
        self._exporter = exporter

    @property
    def spans(self) -> list[ReadableSpan]:
        """All of them, in the order of their ends."""
        return list(self._exporter.get_finished_spans())

    @property
    def one(self) -> ReadableSpan:
        """The only one."""
        (span,) = self.spans
        return span

    def names(self, trace_id: str) -> list[str]:
        """Return the names of the spans of a trace."""
        return [each.name for each in self.spans if each.context and f"{each.context.trace_id:032x}" == trace_id]


@contextmanager
def kept_spans(service: str, share: float = 1.0) -> Iterator[Sent]:
    """Keep the spans of this process until the context ends; `share` of all traces are sampled."""
    exporter = InMemorySpanExporter()
    send_spans(SimpleSpanProcessor(exporter), service, share)
    try:
        yield Sent(exporter)
    finally:
        measure_with(None)
