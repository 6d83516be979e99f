"""Spans: one for a request or a batch, in one trace, sampled by the trace alone, and without personal data."""

import time
from collections.abc import Iterator

import pytest
from opentelemetry.trace import StatusCode

from ilp_shared.tracing import LINKS, batch_span, batch_traceparent, current_traceparent, entered_span
from tests.support.spans import Sent, kept_spans

TRACE = "0af7651916cd43dd8448eb211c80319c"
CALLER = f"00-{TRACE}-b7ad6b7169203331-00"


@pytest.fixture
def sent() -> Iterator[Sent]:
    """Provide what is sent when everything is sampled."""
    with kept_spans("registry") as sent:
        yield sent


@pytest.fixture
def failures() -> Iterator[Sent]:
    """Provide what is sent when nothing is sampled."""
    with kept_spans("registry", 0.0) as sent:
        yield sent


def header(trace: int, flags: str = "01") -> str:
    return f"00-{trace:032x}-b7ad6b7169203331-{flags}"


def test_a_request_is_one_span_by_its_route(sent: Sent) -> None:
    with entered_span(CALLER) as entered:
        assert current_traceparent() == entered.traceparent
        assert entered.traceparent.endswith("-01")
        entered.answered("POST", "/v1/persons", 201)
    ended = sent.one
    assert ended.name == "POST /v1/persons"
    assert ended.context is not None
    assert ended.parent is not None
    assert f"{ended.context.trace_id:032x}" == entered.trace_id == TRACE
    assert f"{ended.parent.span_id:016x}" == "b7ad6b7169203331"
    assert dict(ended.attributes or {}) == {
        "http.request.method": "POST",
        "http.route": "/v1/persons",
        "http.response.status_code": 201,
    }
    assert ended.resource.attributes["service.name"] == "ilp-registry"


def test_a_request_that_was_answered_ends_once(sent: Sent, caplog: pytest.LogCaptureFixture) -> None:
    """OpenTelemetry writes a warning for a second end: a line of the log for each request."""
    with entered_span(CALLER) as entered:
        entered.answered("GET", "/v1/areas", 200)
    assert sent.one.name == "GET /v1/areas"
    assert caplog.records == []


def test_a_request_that_was_not_answered_ends_too(sent: Sent) -> None:
    with entered_span(CALLER):
        assert sent.spans == []
    assert sent.one.name == "request"


def test_a_client_s_flag_does_not_decide(failures: Sent) -> None:
    with entered_span(CALLER[:-2] + "01") as span:
        assert span.traceparent.endswith("-00")
        span.answered("GET", "/v1/areas", 200)
    assert failures.spans == []


def test_a_failure_is_sent_whatever_was_decided(failures: Sent) -> None:
    def fail() -> None:
        with entered_span(CALLER) as entered:
            entered.answered("GET", "/v1/areas", 500)
            raise ValueError("Siti Aminah")

    with pytest.raises(ValueError, match="Siti"):
        fail()
    ended = failures.one
    assert ended.status.status_code is StatusCode.ERROR
    assert "Siti" not in ended.to_json()
    assert ended.events == ()


def test_a_request_without_a_caller_begins_a_trace(sent: Sent) -> None:
    with entered_span(None) as entered:
        entered.answered("GET", "/v1/areas", 200)
    ended = sent.one
    assert ended.context is not None
    assert entered.traceparent == f"00-{ended.context.trace_id:032x}-{ended.context.span_id:016x}-01"
    assert ended.parent is None


@pytest.mark.parametrize("caller", [None, CALLER])
def test_a_slow_request_is_sent_from_its_beginning_whatever_was_decided(
    failures: Sent, caller: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    began = time.time_ns() - 2_000_000_000
    monkeypatch.setattr("time.time_ns", lambda: began)
    with entered_span(caller) as entered:
        monkeypatch.undo()
        entered.answered("GET", "/v1/areas", 200)
    ended = failures.one
    assert ended.context is not None
    assert f"{ended.context.trace_id:032x}" == entered.trace_id
    assert (ended.parent is None) is (caller is None)
    assert ended.start_time is not None
    assert ended.end_time is not None
    assert ended.end_time - ended.start_time > 1_000_000_000
    assert ended.name == "GET /v1/areas"


def test_a_slow_request_that_was_not_answered_is_sent_too(failures: Sent, monkeypatch: pytest.MonkeyPatch) -> None:
    began = time.time_ns() - 2_000_000_000
    monkeypatch.setattr("time.time_ns", lambda: began)
    with entered_span(CALLER):
        monkeypatch.undo()
    assert failures.one.name == "request"


def test_a_batch_belongs_to_its_first_sampled_trace_and_names_the_others(sent: Sent) -> None:
    traces = [None, header(1, "00"), header(2), header(3), header(2), *(header(each) for each in range(4, 99))]
    with batch_span("consumer batch", lambda: traces, {"ilp.events": len(traces)}):
        inside = batch_traceparent()
    ended = sent.one
    assert ended.context is not None
    assert ended.context.trace_id == 2
    assert [link.context.trace_id for link in ended.links][:2] == [3, 4]
    assert len(ended.links) == LINKS - 1
    assert inside is not None
    assert inside.split("-")[1] == f"{2:032x}"
    assert batch_traceparent() is None


def test_a_batch_of_which_nothing_is_sampled_is_not_measured(sent: Sent) -> None:
    with batch_span("consumer batch", lambda: [None, header(1, "00"), "x"]):
        assert batch_traceparent() is None
    assert sent.spans == []


def test_a_batch_that_fails_says_so_and_not_why(sent: Sent) -> None:
    with pytest.raises(ValueError, match="Siti"), batch_span("relay round", lambda: [header(1)]):
        raise ValueError("Siti Aminah")
    ended = sent.one
    assert ended.status.status_code is StatusCode.ERROR
    assert "Siti" not in ended.to_json()


def test_without_a_collector_nothing_of_a_batch_is_looked_at() -> None:
    def looked_at() -> list[str]:
        raise AssertionError

    with batch_span("relay round", looked_at):
        assert batch_traceparent() is None
