"""The state machine of a task: requested → accepted → completed | cancelled (also requested → completed).

People's moves are in `PEOPLE`; only events may reopen, and only what an event cancelled. Completed is final.
"""

from dataclasses import dataclass
from typing import Final, Literal

from ilp_cluster_services.rules.models import Kind, TaskState
from ilp_shared.events.cluster.v1 import TaskStatus

HumanMoveName = Literal["accept", "complete", "cancel"]
OPEN: Final[frozenset[TaskStatus]] = frozenset({"requested", "accepted"})
EVENT_REASONS: Final = frozenset({"correction", "void"})

PEOPLE: Final[dict[tuple[TaskStatus, HumanMoveName], TaskStatus]] = {
    ("requested", "accept"): "accepted",
    ("requested", "complete"): "completed",
    ("requested", "cancel"): "cancelled",
    ("accepted", "complete"): "completed",
    ("accepted", "cancel"): "cancelled",
}


class IllegalMove(ValueError):  # noqa: N818 - an answer of the state machine
    """The task's state does not allow the move."""


@dataclass(frozen=True, slots=True)
class HumanMove:
    """A person's move of a task, with the outcome or the reason it leaves."""

    name: HumanMoveName
    base_version: int | None = None
    """Version of the task that the person saw; None: whichever is stored."""
    outcome: str | None = None
    reason: str | None = None


def apply_move(task: TaskState, move: HumanMove) -> TaskState:
    """Return the task after a person's move, one version on; raises IllegalMove."""
    status = PEOPLE.get((task.status, move.name))
    if status is None:
        raise IllegalMove(move.name)
    return task.model_copy(
        update={"status": status, "version": task.version + 1, "outcome": move.outcome, "reason": move.reason}
    )


def cancelled_by_event(task: TaskState) -> bool:
    """Tell whether an event, not a person, cancelled the task: then the action may apply again."""
    return task.status == "cancelled" and task.reason in EVENT_REASONS


def may_move(kind: Kind, *, only_kader: bool) -> bool:
    """Tell whether an account may move tasks of a kind: referrals are for health workers, not for kader."""
    return kind == "follow_up" or not only_kader
