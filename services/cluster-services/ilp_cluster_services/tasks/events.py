"""The event of a task: its whole present state, under the version that the change gave it."""

from datetime import datetime

from ilp_cluster_services.rules.models import TaskState
from ilp_shared.bus.archive.unit import Unit
from ilp_shared.bus.contract.envelope import Aggregate, Event
from ilp_shared.events.cluster.v1 import TaskChanged


def emit_changed(unit: Unit, task: TaskState, *, occurred_at: datetime, cause: Event | None = None) -> None:
    """Raise TaskChanged; its key is the regency of the home area the task was opened with."""
    data = TaskChanged(
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
    )
    aggregate = Aggregate(
        id=task.id,
        version=task.version,
        home_area=task.home_area,
        facility_id=task.facility_id,
        policy_version=f"routing/{task.policy_version}",
    )
    unit.emit(data, of=aggregate, occurred_at=occurred_at, cause=cause)
