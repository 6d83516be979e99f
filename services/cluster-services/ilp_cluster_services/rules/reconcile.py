"""What one version of a screening changes among its tasks: open, revise, reopen, cancel. Pure and idempotent.

Versions arrive in order. A version at or below the one the tasks are based on changes nothing.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Literal, NamedTuple
from uuid import UUID

from ilp_cluster_services.rules.forms import Level
from ilp_cluster_services.rules.lifecycle import OPEN, cancelled_by_event
from ilp_cluster_services.rules.models import Move, Planned, Screening, TaskState
from ilp_cluster_services.rules.routing import task_id

TargetOf = Callable[[Level], UUID | None]
"""The facility that acts at a level for the screening's facility; None while it is unknown here."""


class Change(NamedTuple):
    """A task's new state. `move` is None when only its `screening_version` went on: there is no event to raise."""

    task: TaskState
    move: Move | None


def reconcile(
    current: Mapping[str, TaskState], screening: Screening, planned: Iterable[Planned], target_of: TargetOf
) -> list[Change]:
    """Return the changes that make the open tasks (by action code) those which the screening asks for."""
    if _applied(current, screening.version):
        return []
    plans = {plan.action: plan for plan in planned}
    changes = []
    for action, plan in plans.items():
        task = current.get(action)
        if task is None:
            changes.append(Change(_opened(screening, plan, target_of(plan.target_level)), "open"))
        else:
            changes.append(_continued(task, screening, plan, target_of(plan.target_level)))
    dropped = {action: task for action, task in current.items() if action not in plans}
    return changes + _withdrawn(dropped, screening.version, "correction")


def withdraw(current: Mapping[str, TaskState], version: int) -> list[Change]:
    """Return the changes when the screening was voided: open tasks are cancelled, finished ones stay."""
    return [] if _applied(current, version) else _withdrawn(current, version, "void")


def _applied(current: Mapping[str, TaskState], version: int) -> bool:
    return any(task.screening_version >= version for task in current.values())


def _opened(screening: Screening, plan: Planned, facility_id: UUID | None) -> TaskState:
    return TaskState.model_validate(
        {
            "id": task_id(screening.screening_id, plan.action),
            "version": 1,
            "screening_id": screening.screening_id,
            "screening_version": screening.version,
            "person_id": screening.person_id,
            "home_area": screening.home_area,
            "origin_facility_id": screening.facility_id,
            "facility_id": facility_id,
            "status": "requested",
            **_content(screening, plan),
        }
    )


def _content(screening: Screening, plan: Planned) -> dict[str, object]:
    """Return what a correction may change of an open task."""
    return {
        "opened_day": screening.day,
        "action": plan.action,
        "kind": plan.kind,
        "klaster": plan.klaster,
        "target_level": plan.target_level,
        "due_at": plan.due_at,
        "result_code": plan.result_code,
        "result_codes": plan.result_codes,
        "routed": plan.routed,
        "policy_version": plan.policy_version,
    }


def _continued(task: TaskState, screening: Screening, plan: Planned, facility_id: UUID | None) -> Change:
    based = task.model_copy(update={"screening_version": screening.version})
    content = _content(screening, plan) | {"facility_id": facility_id or task.facility_id}
    if cancelled_by_event(task):
        content |= {"status": "requested", "reason": None, "version": task.version + 1}
        return Change(based.model_copy(update=content), "reopen")
    revised = based.model_copy(update=content)
    if task.status not in OPEN or revised == based:
        return Change(based, None)
    return Change(revised.model_copy(update={"version": task.version + 1}), "revise")


def _withdrawn(tasks: Mapping[str, TaskState], version: int, reason: Literal["correction", "void"]) -> list[Change]:
    changes = []
    for task in tasks.values():
        based = task.model_copy(update={"screening_version": version})
        if task.status in OPEN:
            ended = {"status": "cancelled", "reason": reason, "version": task.version + 1}
            changes.append(Change(based.model_copy(update=ended), "cancel"))
        else:
            changes.append(Change(based, None))
    return changes
