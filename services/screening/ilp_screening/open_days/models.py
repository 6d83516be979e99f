"""Table of open days; at most one per facility and day that is not cancelled."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import Index, Text, text
from sqlmodel import Field

from ilp_screening.base import Base, Instant


class OpenDayRow(Base, table=True):
    """An open day. `facility_area` is the facility's area when it was scheduled."""

    __tablename__ = "open_day"
    __table_args__ = (
        Index("uq_open_day_facility_day", "facility_id", "day", unique=True, postgresql_where=text("NOT cancelled")),
        Index("ix_open_day_day", "day", "id"),
    )
    id: UUID = Field(primary_key=True)
    version: int
    facility_id: UUID
    facility_kind: str = Field(sa_type=Text)
    facility_area: str = Field(sa_type=Text)
    day: date
    cancelled: bool
    recorded_at: datetime = Field(sa_type=Instant)
