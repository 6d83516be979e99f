"""Open days of posyandu: how many each has in each month and village. Called by the projection, before completeness."""

from collections import Counter
from collections.abc import Sequence
from datetime import date
from typing import NamedTuple
from uuid import UUID

from ilp_monitoring.rules.months import month_of
from ilp_monitoring.rules.rollup import village_of
from ilp_shared.bus.envelope import Event
from ilp_shared.db.connection import Connection
from ilp_shared.events.screening.v1 import SessionScheduled

FacilityMonthVillage = tuple[UUID, str, str]

_STORE = """
INSERT INTO open_day (session_id, version, facility_id, facility_kind, facility_area, day, cancelled)
SELECT * FROM unnest($1::uuid[], $2::int[], $3::uuid[], $4::text[], $5::text[], $6::date[], $7::boolean[])
ON CONFLICT (session_id) DO UPDATE
SET version = excluded.version, facility_id = excluded.facility_id, facility_kind = excluded.facility_kind,
    facility_area = excluded.facility_area, day = excluded.day, cancelled = excluded.cancelled
WHERE open_day.version < excluded.version
"""
_KNOWN = """
SELECT session_id, version, facility_id, facility_kind, facility_area, day, cancelled
FROM open_day WHERE session_id = ANY($1::uuid[])
"""


class _OpenDay(NamedTuple):
    session_id: UUID
    version: int
    facility_id: UUID
    facility_kind: str
    facility_area: str
    day: date
    cancelled: bool


async def apply(conn: Connection, events: Sequence[Event]) -> Counter[FacilityMonthVillage]:
    """Apply session events; returns how many open days each posyandu gained per month and village."""
    gained: Counter[FacilityMonthVillage] = Counter()
    if not events:
        return gained
    rows = await conn.fetch(_KNOWN, list({event.aggregate_id for event in events}))
    before = {row["session_id"]: _OpenDay(*row) for row in rows}
    after = dict(before)
    for event in events:
        data, known = event.data, after.get(event.aggregate_id)
        if isinstance(data, SessionScheduled) and (known is None or known.version < event.aggregate_version):
            after[event.aggregate_id] = _OpenDay(
                event.aggregate_id,
                event.aggregate_version,
                data.facility_id,
                data.facility_kind,
                data.facility_area,
                data.day,
                data.cancelled,
            )
    changed = [(before.get(key), day) for key, day in after.items() if before.get(key) is not day]
    if changed:
        await conn.execute(_STORE, *(list(column) for column in zip(*(day for _, day in changed), strict=True)))
    for old, new in changed:
        for day, sign in ((old, -1), (new, 1)):
            if day is not None and not day.cancelled and day.facility_kind == "posyandu":
                gained[day.facility_id, month_of(day.day), village_of(day.facility_area)] += sign
    return Counter({key: n for key, n in gained.items() if n})
