"""Made-up payloads and archive rows of every event type, for the contract tests."""

from datetime import UTC, datetime
from typing import get_args
from uuid import UUID

from hypothesis import strategies as st

from ilp_shared.bus.contract.catalog import EVENTS
from ilp_shared.bus.contract.envelope import shard_of
from ilp_shared.events.base import EventData
from ilp_shared.ids import new_id

INSTANTS = st.datetimes(min_value=datetime(2000, 1, 1), max_value=datetime(2100, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001


def payloads(data: type[EventData]) -> st.SearchStrategy[EventData]:
    """Return payloads of one type with any content its fields allow (instants are aware)."""
    instants = {
        name: INSTANTS
        for name, field in data.model_fields.items()
        if datetime in (field.annotation, *get_args(field.annotation))
    }
    return st.builds(data, **instants)


ANY_EVENT = st.sampled_from(sorted(EVENTS)).flatmap(lambda name: payloads(EVENTS[name]))


@st.composite
def archive_rows(draw: st.DrawFn) -> dict[str, object]:
    """Return rows of `event_log` as the relay reads them."""
    data = draw(ANY_EVENT)
    key = draw(st.sampled_from(["13.76", "14.72", "33.75", "17.05", "62.10"]))
    facility: UUID | None = draw(st.none() | st.uuids())
    return {
        "event_id": new_id(),
        "type": data.TYPE,
        "aggregate_id": draw(st.uuids()),
        "aggregate_version": draw(st.integers(1, 2**31 - 1)),
        "shard": shard_of(key),
        "sequence": draw(st.integers(1, 2**62)),
        "key": key,
        "area_code": f"{key}.01.1001",
        "facility_id": facility,
        "policy_version": draw(st.none() | st.just("growth/2026.1")),
        "occurred_at": draw(INSTANTS),
        "recorded_at": draw(INSTANTS),
        "traceparent": None,
        "data": data.model_dump_json(),
    }
