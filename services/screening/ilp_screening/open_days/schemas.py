"""Bodies, queries and answers of the open-day routes."""

from datetime import date
from typing import Annotated
from uuid import UUID

from pydantic import Field

from ilp_shared.http.paging import Paged
from ilp_shared.models import Input, Output
from ilp_shared.scalars import AreaCode, Day


class OpenDayInput(Input):
    """An open day to schedule; `id` may be made by the device."""

    id: UUID | None = None
    facility_id: UUID
    day: Day


class CancelInput(Input):
    """Nothing beside the address: a body is not needed, and one with fields is refused."""


class OpenDay(Output):
    """An open day; `day` is local to the facility."""

    id: UUID
    version: int
    facility_id: UUID
    facility_kind: str
    facility_area: str
    day: date
    cancelled: bool


class OpenDayQuery(Paged):
    """Filters of the list of open days: an area with everything below it, a facility, first and last day."""

    area: AreaCode | None = None
    facility: UUID | None = None
    from_: Annotated[Day | None, Field(alias="from")] = None
    to: Day | None = None
