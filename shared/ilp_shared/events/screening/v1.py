"""Events of screening: open days and screenings with their judged results."""

from datetime import date
from typing import ClassVar, Literal
from uuid import UUID

from ilp_shared.events.base import EventData, EventPart


class RequiredAction(EventPart):
    """An action that a result requires, with its time limit where the policy gives one."""

    code: str
    after_days: int | None = None
    within_hours: int | None = None


class ScreeningResult(EventPart):
    """One judged result, as far as consumers need it. `z` in standard deviations; `flag`: implausible, oedema."""

    code: str
    category: str | None = None
    result_class: str | None = None
    z: float | None = None
    flag: str | None = None
    standard: str | None = None
    actions: tuple[RequiredAction, ...] = ()


class OpenDayScheduled(EventData):
    """A facility plans or cancels an open day (`day` is its local reporting day)."""

    TYPE: ClassVar[str] = "ilp.screening.open-day-scheduled.v1"
    open_day_id: UUID
    facility_id: UUID
    facility_kind: str
    facility_area: str
    day: date
    cancelled: bool = False


class _Screening(EventData):
    screening_id: UUID
    person_id: UUID
    facility_id: UUID
    facility_kind: str
    facility_area: str
    open_day_id: UUID | None = None
    home_area: str
    sex: Literal["male", "female"]
    birth_month: str
    """`YYYY-MM`: age groups of monthly indicators need no day."""
    age_days: int
    day: date
    """Reporting day in the facility's local zone."""
    observed: tuple[str, ...]
    """Codes of the observations, without their values."""
    results: tuple[ScreeningResult, ...]
    performer_role: str


class ScreeningRecorded(_Screening):
    """A screening was accepted and judged (version 1 of its aggregate)."""

    TYPE: ClassVar[str] = "ilp.screening.recorded.v1"


class ScreeningCorrected(_Screening):
    """The same screening with corrected content; it replaces every earlier version."""

    TYPE: ClassVar[str] = "ilp.screening.corrected.v1"
    reason: str


class ScreeningVoided(EventData):
    """The screening was recorded by mistake; it counts nowhere any more."""

    TYPE: ClassVar[str] = "ilp.screening.voided.v1"
    screening_id: UUID
    person_id: UUID
    facility_id: UUID
    home_area: str
    day: date
    reason: str
