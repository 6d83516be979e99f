"""Open days of posyandu: how many each has in each month and village. Called by the projection, before completeness."""

from collections import Counter
from collections.abc import Sequence

from ilp_monitoring.projections.completeness_repository import FacilityMonthVillage
from ilp_monitoring.projections.state_repository import OpenDay, open_days, store_open_days
from ilp_monitoring.rules.months import month_of
from ilp_monitoring.rules.rollup import village_of
from ilp_shared.bus.contract.envelope import Event
from ilp_shared.db.connection import Connection
from ilp_shared.events.screening.v1 import OpenDayScheduled


async def apply(conn: Connection, events: Sequence[Event]) -> Counter[FacilityMonthVillage]:
    """Apply open-day events; returns how many open days each posyandu gained per month and village."""
    gained: Counter[FacilityMonthVillage] = Counter()
    if not events:
        return gained
    before = await open_days(conn, {event.aggregate_id for event in events})
    after = dict(before)
    for event in events:
        data, known = event.data, after.get(event.aggregate_id)
        if isinstance(data, OpenDayScheduled) and (known is None or known.version < event.aggregate_version):
            after[event.aggregate_id] = OpenDay(
                event.aggregate_id,
                event.aggregate_version,
                data.facility_id,
                data.facility_kind,
                data.facility_area,
                data.day,
                data.cancelled,
            )
    changed = [(before.get(key), day) for key, day in after.items() if before.get(key) is not day]
    await store_open_days(conn, [day for _, day in changed])
    for old, new in changed:
        for day, sign in ((old, -1), (new, 1)):
            if day is not None and not day.cancelled and day.facility_kind == "posyandu":
                gained[day.facility_id, month_of(day.day), village_of(day.facility_area)] += sign
    return Counter({key: n for key, n in gained.items() if n})
