"""Bodies, query and answers of the task routes."""

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from ilp_cluster_services.rules.forms import Level
from ilp_cluster_services.rules.models import Kind, Move
from ilp_shared.events.cluster.v1 import TaskStatus
from ilp_shared.http.paging import Paged
from ilp_shared.models import Input, Output
from ilp_shared.scalars import AreaCode, Instant, Limit, Version
from ilp_shared.text import Text

Outcome = Literal["attended", "home_visited", "not_found", "moved", "refused", "referred", "other"]
CancelReason = Literal["duplicate", "moved", "deceased", "refused", "not_needed", "other"]


class AcceptInput(Input):
    """Take a task on; `base_version` is the version the user saw."""

    base_version: Version


class CompleteInput(Input):
    """Finish a task with what came of it."""

    outcome: Outcome
    base_version: Version | None = None


class CancelInput(Input):
    """Give a task up, with a reason code (no free text)."""

    reason: CancelReason
    base_version: Version | None = None


class Policy(Output):
    """The routing table and source behind the time limit, and whether the limit was checked against a text."""

    version: str
    source: str
    verified: bool


class Task(Output):
    """A task as lists show it. `label` names the action for people."""

    id: UUID
    version: int
    kind: Kind
    action: str
    label: Text
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


class TaskHistoryEntry(Output):
    """One move: what, by whom (role and account), when."""

    version: int
    move: Move
    status: TaskStatus
    detail: str | None
    role: str
    subject: str
    at: datetime


class TaskDetail(Task):
    """A task with its history, oldest move first."""

    history: list[TaskHistoryEntry]


class TaskQuery(Paged):
    """Filters of the task list; all of them together must hold."""

    area: AreaCode | None = None
    status: Annotated[tuple[TaskStatus, ...], Field(description="Boleh lebih dari satu / may be repeated.")] = ()
    kind: Kind | None = None
    person: UUID | None = None
    facility: Annotated[UUID | None, Field(description="Fasilitas asal atau tujuan / of origin or target.")] = None
    due_before: Instant | None = None
    limit: Limit = 50
