"""Builds the event of a task: its whole present state, under the version it just got. Used by service and consumers."""

from datetime import datetime

from ilp_cluster_services.rules.models import Task
from ilp_shared.bus.contract.envelope import NewEvent
from ilp_shared.events.cluster.v1 import TaskChanged


def task_changed(task: Task, occurred_at: datetime) -> NewEvent:
    """Return TaskChanged; its key is the regency of the home area the task was opened with."""
    return NewEvent(
        data=TaskChanged(
            task_id=task.id,
            kind=task.kind,
            action=task.action,
            status=task.status,
            person_id=task.person_id,
            screening_id=task.screening_id,
            home_area=task.home_area,
            opened_day=task.opened_day,
            due_at=task.due_at,
            facility_id=task.facility_id,
            result_code=task.result_code,
            outcome=task.outcome,
        ),
        aggregate_id=task.id,
        aggregate_version=task.version,
        home_area=task.home_area,
        area_code=task.home_area,
        occurred_at=occurred_at,
        facility_id=task.facility_id,
        policy_version=f"routing/{task.policy_version}",
    )
