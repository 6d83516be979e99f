"""Persons of the master index → residents by month of birth, the real denominators. Called by the projection."""

from collections.abc import Sequence

from ilp_monitoring.projections.state_repository import Resident, residents, store_residents
from ilp_monitoring.rules.months import month_of
from ilp_monitoring.rules.rollup import Deltas, village_of
from ilp_shared.bus.contract.envelope import Event
from ilp_shared.db.connection import Connection
from ilp_shared.events.registry.v1 import PersonRegistered


async def apply(conn: Connection, events: Sequence[Event]) -> Deltas:
    """Apply person events; returns the differences of residents keyed (village, birth month, sex)."""
    deltas = Deltas()
    if not events:
        return deltas
    before = await residents(conn, {event.aggregate_id for event in events})
    after = dict(before)
    for event in events:
        data, known = event.data, after.get(event.aggregate_id)
        if isinstance(data, PersonRegistered) and (known is None or known.version < event.aggregate_version):
            after[event.aggregate_id] = Resident(
                event.aggregate_id,
                event.aggregate_version,
                data.sex,
                month_of(data.birth_date),
                data.home_area,
                data.active,
            )
    changed = [(before.get(key), resident) for key, resident in after.items() if before.get(key) is not resident]
    await store_residents(conn, [resident for _, resident in changed])
    for old, new in changed:
        for resident, sign in ((old, -1), (new, 1)):
            if resident is not None and resident.active:
                deltas.add((village_of(resident.home_area), resident.birth_month, resident.sex), sign)
    return deltas
