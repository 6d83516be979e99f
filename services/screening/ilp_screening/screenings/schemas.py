"""Screenings on the wire: bodies of corrections and voids, queries, answers. Values are checked by the rules."""

from datetime import date, datetime
from typing import Annotated, Final, Literal
from uuid import UUID

from pydantic import Field, JsonValue

from ilp_screening.rules.models import NotEvaluated, Result
from ilp_shared.http.paging import Paged
from ilp_shared.models import Input, Output
from ilp_shared.scalars import Instant, Version

FINAL: Final = "final"
CORRECTED: Final = "corrected"
VOIDED: Final = "entered-in-error"
"""Status words of FHIR R4 ObservationStatus."""

Observations = Annotated[dict[str, JsonValue], Field(min_length=1, max_length=100)]
Status = Literal["final", "corrected", "entered-in-error"]
ReasonCode = Literal["wrong_value", "wrong_person", "wrong_day", "duplicate", "test_entry", "other"]


class CorrectionInput(Input):
    """The corrected content and the version it was made from."""

    base_version: Version
    observations: Observations
    occurred_at: Instant | None = None
    reason: ReasonCode


class VoidInput(Input):
    """The reason why a screening never should have been recorded, and the version this was decided on."""

    base_version: Version
    reason: ReasonCode


class ScreeningQuery(Paged):
    """Filters of the list of screenings; at least one is needed."""

    person: UUID | None = None
    facility: UUID | None = None
    open_day: UUID | None = None


class Performer(Output):
    """The profession on record (the account's role, where none was sent)."""

    role: str


class Screening(Output):
    """A screening in one version, with its results. `day` is the reporting day in the facility's zone."""

    id: UUID
    version: int
    status: Status
    person_id: UUID
    facility_id: UUID
    open_day_id: UUID | None
    occurred_at: datetime
    day: date
    home_area: str
    facility_area: str
    observations: dict[str, JsonValue]
    results: tuple[Result, ...]
    not_evaluated: tuple[NotEvaluated, ...]
    policy: str | None
    performer: Performer
    recorded_at: datetime


class ScreeningVersion(Output):
    """One version of a screening's history."""

    version: int
    reason: ReasonCode | None
    role: str
    recorded_at: datetime
    content: Screening
