"""Events of cluster-services: follow-up tasks and referrals that screenings require."""

from datetime import date, datetime
from typing import ClassVar, Literal
from uuid import UUID

from ilp_shared.events.base import EventData

TaskStatus = Literal["requested", "accepted", "completed", "cancelled"]
"""FHIR R4 Task.status, the part used here."""


class TaskChanged(EventData):
    """A follow-up task or referral was opened or changed; the payload is its whole state."""

    TYPE: ClassVar[str] = "ilp.cluster.task-changed.v1"
    task_id: UUID
    kind: Literal["follow_up", "referral"]
    action: str
    status: TaskStatus
    person_id: UUID
    screening_id: UUID
    home_area: str
    opened_day: date
    due_at: datetime
    facility_id: UUID | None = None
    result_code: str
    outcome: str | None = None
