"""The spans of a process on their way to a collector: OpenTelemetry over OTLP/HTTP, where the settings name one.

The decision to sample is made by the trace id alone, so every service makes the same, and a client's flag has no say.
A client that chooses its trace ids does: what does not fit the exporter's queue is dropped. Requests that failed or
took longer than a second are sent as well, whatever was decided.
"""

from importlib.metadata import version

from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, Span, SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.trace.id_generator import RandomIdGenerator
from opentelemetry.sdk.trace.sampling import AlwaysRecordSampler, TraceIdRatioBased
from opentelemetry.trace import SpanContext, StatusCode, TraceFlags

from ilp_shared.settings import ServiceSettings
from ilp_shared.tracing import SLOW_NS, measure_with, root_trace_id


class _Kept(SpanProcessor):
    """Passes on what is sampled, and what is worth it all the same: failures and slow requests."""

    def __init__(self, further: SpanProcessor) -> None:
        self._further = further

    def on_start(self, span: Span, parent_context: Context | None = None) -> None:
        """Do nothing: the end decides."""

    def on_end(self, span: ReadableSpan) -> None:
        """Pass a span on, or drop it."""
        if span.context is not None and span.context.trace_flags.sampled:
            self._further.on_end(span)
        elif span.status.status_code is StatusCode.ERROR or (span.end_time or 0) - (span.start_time or 0) > SLOW_NS:
            self._further.on_end(_sampled(span))

    def shutdown(self) -> None:
        """Send what waits."""
        self._further.shutdown()

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        """Send what waits, and go on."""
        return self._further.force_flush(timeout_millis)


def start_spans(settings: ServiceSettings, service: str) -> None:
    """Send spans to the collector that the settings name."""
    exporter = OTLPSpanExporter(endpoint=f"{settings.otlp_endpoint.rstrip('/')}/v1/traces")
    send_spans(BatchSpanProcessor(exporter), service, settings.trace_share)


def send_spans(processor: SpanProcessor, service: str, share: float) -> TracerProvider:
    """Hand the spans of this process to a processor; `share` of all traces are sampled."""
    resource = Resource.create({"service.name": f"ilp-{service}", "service.version": version("ilp-shared")})
    sampler = TraceIdRatioBased(share)
    provider = TracerProvider(AlwaysRecordSampler(sampler), resource, id_generator=_Roots())
    provider.add_span_processor(_Kept(processor))

    def is_sampled(trace_id: int) -> bool:
        return trace_id & sampler.TRACE_ID_LIMIT < sampler.bound

    measure_with(provider.get_tracer("ilp", version("ilp-shared")), is_sampled)
    return provider


class _Roots(RandomIdGenerator):
    """Gives a span without a parent the trace id by which its request was found worth a span."""

    def generate_trace_id(self) -> int:
        """Return it."""
        return root_trace_id()


def _sampled(span: ReadableSpan) -> ReadableSpan:
    """Return a span that was not sampled as one that was: exporters drop the others."""
    context = span.context
    assert context is not None  # noqa: S101 - every started span has one
    return ReadableSpan(
        span.name,
        SpanContext(context.trace_id, context.span_id, context.is_remote, TraceFlags(TraceFlags.SAMPLED)),
        span.parent,
        span.resource,
        span.attributes,
        kind=span.kind,
        status=span.status,
        start_time=span.start_time,
        end_time=span.end_time,
        instrumentation_scope=span.instrumentation_scope,
    )
