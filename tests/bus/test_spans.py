"""One trace leads from a command over the relay to the consumer: spans of both, made of batches."""

from uuid import uuid4

from ilp_shared.tracing import entered_span
from tests.support.bus_pair import BusPair, person_event
from tests.support.spans import kept_spans
from tests.support.waiting import eventually


async def test_a_trace_goes_from_the_command_over_the_relay_to_the_consumer(pair: BusPair) -> None:
    with kept_spans("bus-test") as sent:
        with entered_span(None) as span:
            await pair.archive(*(person_event(uuid4(), 1) for _ in range(20)))
        pair.start_relay()
        pair.start_consumer()
        await eventually(pair.all_applied)

        async def both_have_ended() -> bool:
            return {"relay round", "consumer batch"} <= set(sent.names(span.trace_id))

        await eventually(both_have_ended)
        assert len(sent.names(span.trace_id)) <= 6, "spans are of rounds and batches, not of the twenty events"
        await pair.stop_all()
