"""Bodies and answers of the task routes."""

from datetime import date, datetime
from typing import Literal
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from ilp_cluster_services.policy.models import Level
from ilp_cluster_services.rules.models import Kind, Move
from ilp_shared.events.cluster.v1 import TaskStatus

Outcome = Literal["attended", "home_visited", "not_found", "moved", "refused", "referred", "other"]
CancelReason = Literal["duplicate", "moved", "deceased", "refused", "not_needed", "other"]


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class AcceptTask(_Body):
    """Take a task on; `base_version` is the version the user saw."""

    base_version: int = Field(ge=1, strict=True)


class CompleteTask(_Body):
    """Finish a task with what came of it."""

    outcome: Outcome
    base_version: int | None = Field(None, ge=1, strict=True)


class CancelTask(_Body):
    """Give a task up, with a reason code (no free text)."""

    reason: CancelReason
    base_version: int | None = Field(None, ge=1, strict=True)


class Label(BaseModel):
    """The action's name for people."""

    id: str
    en: str


class Policy(BaseModel):
    """The routing table and source behind the time limit, and whether the limit was checked against a text."""

    version: str
    source: str
    verified: bool


class TaskOut(BaseModel):
    """A task as lists show it."""

    id: UUID
    version: int
    kind: Kind
    action: str
    label: Label
    status: TaskStatus
    klaster: int
    target_level: Level
    person_id: UUID
    screening_id: UUID
    home_area: str
    origin_facility_id: UUID
    facility_id: UUID | None
    opened_day: date
    due_at: datetime
    overdue: bool
    result_code: str
    result_codes: list[str]
    routed: bool
    outcome: str | None
    reason: str | None
    policy: Policy


class HistoryOut(BaseModel):
    """One move: what, by whom (role and account), when."""

    version: int
    move: Move
    status: TaskStatus
    detail: str | None
    role: str
    subject: str
    at: datetime


class TaskDetail(TaskOut):
    """A task with its history, oldest move first."""

    history: list[HistoryOut]


class TaskQuery(BaseModel):
    """Filters of the task list; all of them together must hold."""

    model_config = ConfigDict(frozen=True)

    area: str | None = None
    status: tuple[TaskStatus, ...] = ()
    kind: Kind | None = None
    person: UUID | None = None
    facility: UUID | None = None
    due_before: AwareDatetime | None = None
