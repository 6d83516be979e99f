"""Follow-up tasks → FOLLOW_UP_OPEN: opened in the month (not cancelled), and still open. Called by the projection."""

from collections.abc import Sequence

from ilp_monitoring.projections.state_repository import Task, store_tasks, tasks
from ilp_monitoring.rules.months import month_of
from ilp_monitoring.rules.rollup import Deltas, village_of
from ilp_shared.bus.contract.envelope import Event
from ilp_shared.db.connection import Connection
from ilp_shared.events.cluster.v1 import TaskChanged

INDICATOR = "FOLLOW_UP_OPEN"
_OPEN = ("requested", "accepted")


async def apply(conn: Connection, events: Sequence[Event], cells: Deltas) -> None:
    """Apply task events; adds differences to `cells`."""
    if not events:
        return
    before = await tasks(conn, {event.aggregate_id for event in events})
    after = dict(before)
    for event in events:
        data, known = event.data, after.get(event.aggregate_id)
        if isinstance(data, TaskChanged) and (known is None or known.version < event.aggregate_version):
            after[event.aggregate_id] = Task(
                event.aggregate_id,
                event.aggregate_version,
                month_of(data.opened_day),
                data.home_area,
                data.status,
            )
    changed = [(before.get(key), task) for key, task in after.items() if before.get(key) is not task]
    await store_tasks(conn, [task for _, task in changed])
    for old, new in changed:
        if old is not None:
            _add(cells, old, -1)
        _add(cells, new, 1)


def _add(cells: Deltas, task: Task, sign: int) -> None:
    if task.status != "cancelled":
        cells.add((village_of(task.home_area), task.period, INDICATOR), sign * (task.status in _OPEN), sign)
