"""Bodies and answers of the open-day routes."""

from datetime import date
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from ilp_screening.rules.models import IsoDate


class OpenDayRequest(BaseModel):
    """An open day to schedule; `id` may be made by the device."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    id: UUID | None = None
    facility_id: UUID
    day: IsoDate


class OpenDayAnswer(BaseModel):
    """An open day; `day` is local to the facility."""

    model_config = ConfigDict(from_attributes=True)
    id: UUID
    version: int
    facility_id: UUID
    facility_kind: str
    facility_area: str
    day: date
    cancelled: bool
