"""Bodies and answers of the screening routes. Shapes are checked here, values by the rules."""

import re
from datetime import UTC, date, datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field, JsonValue, WithJsonSchema
from pydantic_core import PydanticCustomError

from ilp_screening.rules.models import NotEvaluated, Result
from ilp_shared.http.batches import MAX_ITEMS, items_schema
from ilp_shared.problems import ProblemDocument

_WRITTEN_INSTANT = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d")
_EARLIEST = datetime(1900, 1, 1, tzinfo=UTC)


def _written_instant(value: object) -> object:
    if isinstance(value, str) and _WRITTEN_INSTANT.match(value):
        return value
    raise PydanticCustomError("datetime_from_date_parsing", "an ISO 8601 time with zone is expected")


Occurred = Annotated[AwareDatetime, BeforeValidator(_written_instant), Field(ge=_EARLIEST)]
Observations = Annotated[dict[str, JsonValue], Field(min_length=1, max_length=100)]
PerformerRole = Literal["kader", "midwife", "nurse", "doctor", "nutritionist", "other"]
ReasonCode = Literal["wrong_value", "wrong_person", "wrong_day", "duplicate", "test_entry", "other"]
Status = Literal["final", "corrected", "entered-in-error"]
_CLOSED = ConfigDict(frozen=True, extra="forbid")


class Performer(BaseModel):
    """Who measured, by profession."""

    model_config = _CLOSED
    role: PerformerRole


class ScreeningRequest(BaseModel):
    """One screening as a device sends it; `id` may be made by the device, so that it can refer to it offline."""

    model_config = _CLOSED
    id: UUID | None = None
    person_id: UUID
    facility_id: UUID
    open_day_id: UUID | None = None
    occurred_at: Occurred
    observations: Observations
    performer: Performer | None = None


class BatchRequest(BaseModel):
    """Up to 500 screenings, each as for POST /v1/screenings plus `idempotency_key`."""

    model_config = _CLOSED
    items: Annotated[
        list[dict[str, JsonValue]],
        Field(min_length=1, max_length=MAX_ITEMS),
        WithJsonSchema(items_schema(ScreeningRequest)),
    ]


class CorrectionRequest(BaseModel):
    """The corrected content and the version it was made from."""

    model_config = _CLOSED
    base_version: Annotated[int, Field(ge=1, strict=True)]
    observations: Observations
    occurred_at: Occurred | None = None
    reason: ReasonCode


class VoidRequest(BaseModel):
    """Why a screening never should have been recorded, and the version this was decided on."""

    model_config = _CLOSED
    base_version: Annotated[int, Field(ge=1, strict=True)]
    reason: ReasonCode


class PerformerAnswer(BaseModel):
    """The profession on record (the account's role, where none was sent)."""

    role: str


class ScreeningAnswer(BaseModel):
    """A screening in one version, with its results. `day` is the reporting day in the facility's zone."""

    model_config = ConfigDict(serialize_by_alias=True)
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
    performer: PerformerAnswer
    recorded_at: datetime


class VersionAnswer(BaseModel):
    """One version of a screening's history."""

    model_config = ConfigDict(serialize_by_alias=True)
    version: int
    reason: ReasonCode | None
    role: str
    recorded_at: datetime
    content: ScreeningAnswer


class BatchResult(BaseModel):
    """What became of one item; pointers of its problem are relative to the item."""

    model_config = ConfigDict(serialize_by_alias=True)
    idempotency_key: str | None
    status: Literal["accepted", "duplicate", "rejected", "conflict"]
    id: UUID | None = None
    version: int | None = None
    results: tuple[Result, ...] | None = None
    not_evaluated: tuple[NotEvaluated, ...] | None = None
    problem: ProblemDocument | None = None


class BatchAnswer(BaseModel):
    """One result per item, in the order of the items."""

    results: list[BatchResult]
