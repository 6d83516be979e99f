"""The trace of a command reaches the screens that show its number: it travels with the notice of the change."""

from dataclasses import replace

from ilp_shared.tracing import entered_span
from tests.service.monitoring.conftest import Monitoring
from tests.service.monitoring.events import CHILD, SHORT, TALL, WEIGHED
from tests.service.monitoring.screens import served
from tests.support.spans import kept_spans
from tests.support.waiting import eventually


async def test_the_trace_of_a_change_reaches_the_screens(monitoring: Monitoring) -> None:
    world, feed = monitoring.world, monitoring.feed
    with kept_spans("monitoring") as sent, entered_span(None) as span:
        async with served(monitoring) as live, live.screen() as screen:
            await screen.next()
            lengths = [SHORT, TALL]

            async def is_pushed() -> bool:
                """Change the number once more: a screen that has just looked by itself knows no trace of the change."""
                lengths.reverse()
                event = world.screening("s1", "ani", CHILD, lengths[0], observed=WEIGHED)
                await feed.apply(replace(event, traceparent=span.traceparent))
                await screen.next()
                return "live push" in sent.names(span.trace_id)

            await eventually(is_pushed)
        assert "consumer batch" in sent.names(span.trace_id)
        (pushed, *_) = [each for each in sent.spans if each.name == "live push"]
        assert (pushed.attributes or {})["ilp.streams"] == 1
        assert int(str((pushed.attributes or {})["sequence"])) > 0
