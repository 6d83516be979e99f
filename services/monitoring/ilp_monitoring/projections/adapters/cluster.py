"""Events of cluster-services: tasks become FOLLOW_UP_OPEN, opened in the month (not cancelled) and still open."""

from collections.abc import Sequence
from typing import Final

from ilp_monitoring.projections.cells import Differences
from ilp_monitoring.projections.state import TASKS, TaskState, changed_by, signed
from ilp_monitoring.rules.months import month_of
from ilp_shared.areas import local_day, village_of
from ilp_shared.bus.contract.envelope import Event
from ilp_shared.db.connection import Connection
from ilp_shared.events.base import EventData
from ilp_shared.events.cluster.v1 import TaskChanged

INDICATOR: Final = "FOLLOW_UP_OPEN"
_OPEN: Final = ("requested", "accepted")


class Tasks:
    """Stores follow-up tasks and referrals, and counts them in the month in which they were opened."""

    handles: frozenset[type[EventData]] = frozenset({TaskChanged})

    async def apply(self, conn: Connection, events: Sequence[Event], differences: Differences) -> None:
        """Apply task events."""
        changed = await changed_by(conn, TASKS, events, _task)
        await TASKS.store(conn, [state for _, state in changed])
        for state, sign in signed(changed):
            _add(differences, state, sign)


def _task(event: Event, _known: TaskState | None) -> TaskState:
    data = event.data
    assert isinstance(data, TaskChanged)  # noqa: S101 - narrows for the type checker
    return TaskState(
        task_id=event.aggregate_id,
        version=event.aggregate_version,
        period=month_of(data.opened_day),
        home_area=data.home_area,
        status=data.status,
        due_day=local_day(data.due_at, data.home_area).isoformat(),
    )


def _add(differences: Differences, task: TaskState, sign: int) -> None:
    if task.status != "cancelled":
        village, is_open = village_of(task.home_area), int(task.status in _OPEN)
        differences.cells.add((village, task.period, INDICATOR), sign * is_open, sign)
        differences.tasks.add((village, task.period, task.due_day), sign * is_open, sign * (1 - is_open))
