"""Follow-up tasks → FOLLOW_UP_OPEN: opened in the month (not cancelled), and still open. Called by the projection."""

from collections.abc import Sequence
from typing import NamedTuple
from uuid import UUID

from ilp_monitoring.rules.months import month_of
from ilp_monitoring.rules.rollup import Deltas, village_of
from ilp_shared.bus.envelope import Event
from ilp_shared.db.connection import Connection
from ilp_shared.events.cluster.v1 import TaskChanged

INDICATOR = "FOLLOW_UP_OPEN"
_OPEN = ("requested", "accepted")

_STORE = """
INSERT INTO task_state (task_id, version, period, home_area, status)
SELECT * FROM unnest($1::uuid[], $2::int[], $3::text[], $4::text[], $5::text[])
ON CONFLICT (task_id) DO UPDATE
SET version = excluded.version, period = excluded.period, home_area = excluded.home_area, status = excluded.status
WHERE task_state.version < excluded.version
"""


class _Task(NamedTuple):
    task_id: UUID
    version: int
    period: str
    home_area: str
    status: str


async def apply(conn: Connection, events: Sequence[Event], cells: Deltas) -> None:
    """Apply task events; adds differences to `cells`."""
    if not events:
        return
    rows = await conn.fetch(
        "SELECT task_id, version, period, home_area, status FROM task_state WHERE task_id = ANY($1::uuid[])",
        list({event.aggregate_id for event in events}),
    )
    before = {row["task_id"]: _Task(*row) for row in rows}
    after = dict(before)
    for event in events:
        data, known = event.data, after.get(event.aggregate_id)
        if isinstance(data, TaskChanged) and (known is None or known.version < event.aggregate_version):
            after[event.aggregate_id] = _Task(
                event.aggregate_id,
                event.aggregate_version,
                month_of(data.opened_day),
                data.home_area,
                data.status,
            )
    changed = [(before.get(key), task) for key, task in after.items() if before.get(key) is not task]
    if not changed:
        return
    await conn.execute(_STORE, *(list(column) for column in zip(*(task for _, task in changed), strict=True)))
    for old, new in changed:
        if old is not None:
            _add(cells, old, -1)
        _add(cells, new, 1)


def _add(cells: Deltas, task: _Task, sign: int) -> None:
    if task.status != "cancelled":
        cells.add((village_of(task.home_area), task.period, INDICATOR), sign * (task.status in _OPEN), sign)
