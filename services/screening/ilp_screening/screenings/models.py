"""Tables of screenings: the current state, and every version that ever was (rows only ever added)."""

from datetime import date, datetime
from uuid import UUID

from pydantic import JsonValue
from sqlalchemy import Index, Text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from ilp_screening.base import Base, Instant


class ScreeningRow(Base, table=True):
    """Current state. `home_area` is the person's home when it was recorded and never changes."""

    __tablename__ = "screening"
    __table_args__ = (
        Index("ix_screening_person", "person_id", "occurred_at", "id"),
        Index("ix_screening_facility", "facility_id", "occurred_at", "id"),
        Index("ix_screening_open_day", "open_day_id", "occurred_at", "id"),
    )
    id: UUID = Field(primary_key=True)
    version: int
    status: str = Field(sa_type=Text)
    person_id: UUID
    facility_id: UUID
    open_day_id: UUID | None = None
    occurred_at: datetime = Field(sa_type=Instant)
    day: date
    home_area: str = Field(sa_type=Text)
    facility_area: str = Field(sa_type=Text)
    sex: str = Field(sa_type=Text)
    birth_date: date
    observations: dict[str, JsonValue] = Field(sa_type=JSONB)
    results: list[JsonValue] = Field(sa_type=JSONB)
    not_evaluated: list[JsonValue] = Field(sa_type=JSONB)
    summary: dict[str, JsonValue] | None = Field(default=None, sa_type=JSONB(none_as_null=True))
    warnings: list[JsonValue] = Field(sa_type=JSONB)
    policy: str | None = Field(default=None, sa_type=Text)
    performer_role: str = Field(sa_type=Text)
    performer_subject: str = Field(sa_type=Text)
    recorded_at: datetime = Field(sa_type=Instant)


class ScreeningVersionRow(Base, table=True):
    """One version as it was answered, with the account that made it and, from version 2 on, the reason."""

    __tablename__ = "screening_version"
    id: UUID = Field(primary_key=True)
    version: int = Field(primary_key=True)
    home_area: str = Field(sa_type=Text)
    content: dict[str, JsonValue] = Field(sa_type=JSONB)
    reason: str | None = Field(default=None, sa_type=Text)
    subject: str = Field(sa_type=Text)
    role: str = Field(sa_type=Text)
    recorded_at: datetime = Field(sa_type=Instant)
