"""The values of the rules: a screening as needed here, what it asks for, a task's whole state, the facility network."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal
from uuid import UUID

from ilp_cluster_services.rules.forms import Level
from ilp_shared.events.cluster.v1 import TaskStatus
from ilp_shared.events.screening.v1 import ScreeningResult
from ilp_shared.models import Frozen

Kind = Literal["follow_up", "referral"]
Move = Literal["open", "accept", "complete", "cancel", "revise", "assign", "reopen"]
"""Accept, complete and cancel are people's; the others follow from events."""
Network = Mapping[str, UUID]
"""The nearest facility of each kind at or above a facility, by kind."""


@dataclass(frozen=True, slots=True)
class Screening:
    """One version of a screening, as far as it opens tasks. `day` is its local reporting day."""

    screening_id: UUID
    version: int
    person_id: UUID
    facility_id: UUID
    facility_area: str
    home_area: str
    day: date
    occurred_at: datetime
    results: tuple[ScreeningResult, ...]


@dataclass(frozen=True, slots=True)
class Planned:
    """What a screening asks for with one action code."""

    action: str
    kind: Kind
    klaster: int
    target_level: Level
    due_at: datetime
    result_code: str
    """The most severe of the results that ask for it."""
    result_codes: tuple[str, ...]
    routed: bool
    """False: the action code is in no routing table; the follow-up has the default limit and this mark."""
    policy_version: str


class TaskState(Frozen):
    """The whole present state of a task; `version` is the version of its event aggregate."""

    id: UUID
    version: int
    screening_id: UUID
    screening_version: int
    """Version of the screening this state is based on: older deliveries change nothing."""
    person_id: UUID
    home_area: str
    origin_facility_id: UUID
    facility_id: UUID | None
    """Who acts; None while the facility above the origin is not yet known here."""
    action: str
    kind: Kind
    klaster: int
    target_level: Level
    status: TaskStatus
    opened_day: date
    due_at: datetime
    result_code: str
    result_codes: tuple[str, ...]
    routed: bool
    policy_version: str
    outcome: str | None = None
    reason: str | None = None
    """Why it was cancelled: a code; `correction` and `void` are set by events, the others by people."""
