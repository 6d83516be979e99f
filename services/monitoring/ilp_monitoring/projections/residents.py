"""Persons of the master index → residents by month of birth, the real denominators. Called by the projection."""

from collections.abc import Sequence
from typing import NamedTuple
from uuid import UUID

from ilp_monitoring.rules.months import month_of
from ilp_monitoring.rules.rollup import Deltas, village_of
from ilp_shared.bus.envelope import Event
from ilp_shared.db.connection import Connection
from ilp_shared.events.registry.v1 import PersonRegistered

_STORE = """
INSERT INTO resident (person_id, version, sex, birth_month, home_area, active)
SELECT * FROM unnest($1::uuid[], $2::int[], $3::text[], $4::text[], $5::text[], $6::boolean[])
ON CONFLICT (person_id) DO UPDATE
SET version = excluded.version, sex = excluded.sex, birth_month = excluded.birth_month,
    home_area = excluded.home_area, active = excluded.active
WHERE resident.version < excluded.version
"""
_KNOWN = """
SELECT person_id, version, sex, birth_month, home_area, active FROM resident WHERE person_id = ANY($1::uuid[])
"""


class _Resident(NamedTuple):
    person_id: UUID
    version: int
    sex: str
    birth_month: str
    home_area: str
    active: bool


async def apply(conn: Connection, events: Sequence[Event]) -> Deltas:
    """Apply person events; returns the differences of residents keyed (village, birth month, sex)."""
    deltas = Deltas()
    if not events:
        return deltas
    rows = await conn.fetch(_KNOWN, list({event.aggregate_id for event in events}))
    before = {row["person_id"]: _Resident(*row) for row in rows}
    after = dict(before)
    for event in events:
        data, known = event.data, after.get(event.aggregate_id)
        if isinstance(data, PersonRegistered) and (known is None or known.version < event.aggregate_version):
            after[event.aggregate_id] = _Resident(
                event.aggregate_id,
                event.aggregate_version,
                data.sex,
                month_of(data.birth_date),
                data.home_area,
                data.active,
            )
    changed = [(before.get(key), resident) for key, resident in after.items() if before.get(key) is not resident]
    if changed:
        await conn.execute(_STORE, *(list(column) for column in zip(*(r for _, r in changed), strict=True)))
    for old, new in changed:
        for resident, sign in ((old, -1), (new, 1)):
            if resident is not None and resident.active:
                deltas.add((village_of(resident.home_area), resident.birth_month, resident.sex), sign)
    return deltas
