"""The state machine of a task: requested → accepted → completed | cancelled (also requested → completed).

People's moves are in `PEOPLE`; only events may reopen, and only what an event cancelled. Completed is final.
"""

from typing import Final, Literal

from ilp_cluster_services.rules.models import Kind, Task
from ilp_shared.events.cluster.v1 import TaskStatus

HumanMove = Literal["accept", "complete", "cancel"]
OPEN: Final[frozenset[TaskStatus]] = frozenset({"requested", "accepted"})
EVENT_REASONS: Final = frozenset({"correction", "void"})

PEOPLE: Final[dict[tuple[TaskStatus, HumanMove], TaskStatus]] = {
    ("requested", "accept"): "accepted",
    ("requested", "complete"): "completed",
    ("requested", "cancel"): "cancelled",
    ("accepted", "complete"): "completed",
    ("accepted", "cancel"): "cancelled",
}


class IllegalMove(ValueError):  # noqa: N818 - an answer of the state machine
    """The task's state does not allow the move."""


def move(task: Task, wanted: HumanMove, *, outcome: str | None = None, reason: str | None = None) -> Task:
    """Return the task after a person's move, one version on; raises IllegalMove."""
    status = PEOPLE.get((task.status, wanted))
    if status is None:
        raise IllegalMove(wanted)
    return task.model_copy(update={"status": status, "version": task.version + 1, "outcome": outcome, "reason": reason})


def cancelled_by_event(task: Task) -> bool:
    """Tell whether an event, not a person, cancelled the task: then the action may apply again."""
    return task.status == "cancelled" and task.reason in EVENT_REASONS


def may_move(kind: Kind, *, only_kader: bool) -> bool:
    """Tell whether an account may move tasks of a kind: referrals are for health workers, not for kader."""
    return kind == "follow_up" or not only_kader
