"""The trace context belongs to one request, and to nothing after it."""

import asyncio
import re

import pytest

from ilp_shared.tracing import current_traceparent, entered_span

TRACE = "0af7651916cd43dd8448eb211c80319c"
CALLER = f"00-{TRACE}-b7ad6b7169203331-01"


def test_a_caller_s_trace_goes_on_with_a_span_of_our_own() -> None:
    with entered_span(CALLER) as span:
        assert span.trace_id == TRACE
        assert current_traceparent() == span.traceparent != CALLER
        assert re.fullmatch(rf"00-{TRACE}-[0-9a-f]{{16}}-01", span.traceparent)
    assert current_traceparent() is None


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        "x",
        TRACE,
        CALLER.upper(),
        CALLER + "-01",
        CALLER.replace(TRACE, "0" * 32),
        CALLER.replace(TRACE, TRACE[:-1]),
        CALLER.replace("b7ad6b7169203331", "b7ad"),
        CALLER.replace(TRACE, "٠" * 32),
    ],
)
def test_without_a_well_formed_header_a_new_trace_begins(header: str | None) -> None:
    with entered_span(header) as span:
        assert re.fullmatch("[0-9a-f]{32}", span.trace_id)
        assert span.trace_id not in (TRACE, "0" * 32)


async def test_concurrent_requests_do_not_mix() -> None:
    inside = asyncio.Barrier(20)

    async def serve(number: int) -> tuple[str, str | None]:
        trace = f"{number + 1:032x}"
        with entered_span(f"00-{trace}-b7ad6b7169203331-01"):
            await inside.wait()  # all have entered, none has left
            return trace, current_traceparent()

    for trace, seen in await asyncio.gather(*(serve(number) for number in range(20))):
        assert seen is not None
        assert seen.split("-")[1] == trace


def test_a_request_that_fails_leaves_no_trace() -> None:
    with pytest.raises(ValueError, match="broken"), entered_span(CALLER):
        raise ValueError("broken")
    assert current_traceparent() is None
