"""Table of facilities, and a facility to insert. Public reference data: readable everywhere, no row-level security."""

from datetime import datetime
from typing import Literal, NamedTuple
from uuid import UUID

from sqlalchemy import ARRAY, DateTime, Index, Text
from sqlmodel import Field

from ilp_registry.base import Base

Kind = Literal["puskesmas", "pustu", "posyandu"]


class FacilityRow(Base, table=True):
    """One puskesmas, pustu or posyandu; `parent_id` is the puskesmas or pustu whose network it belongs to."""

    __tablename__ = "facility"
    __table_args__ = (
        Index("uq_facility_kind_code", "kind", "code", unique=True),
        Index("ix_facility_area_code", "area_code"),
        Index("ix_facility_parent_id", "parent_id"),
        Index("ix_facility_sort_id", "sort", "id"),
        Index("ix_facility_catchment", "catchment", postgresql_using="gin"),
    )

    id: UUID = Field(primary_key=True)
    version: int
    kind: str = Field(sa_type=Text)
    name: str = Field(sa_type=Text)
    search: str = Field(sa_type=Text)
    sort: str = Field(sa_type=Text)
    code: str | None = Field(sa_type=Text)
    area_code: str = Field(sa_type=Text, foreign_key="area.code")
    parent_id: UUID | None = Field(foreign_key="facility.id")
    catchment: list[str] = Field(sa_type=ARRAY(Text))
    lat: float | None
    lng: float | None
    example_data: bool
    registered_at: datetime = Field(sa_type=DateTime(timezone=True))


class NewFacility(NamedTuple):
    """A facility to insert, in its first version; `search` and `sort` are keys of its name."""

    id: UUID
    kind: Kind
    name: str
    search: str
    sort: str
    code: str | None
    area_code: str
    parent_id: UUID | None
    catchment: tuple[str, ...]
    lat: float | None
    lng: float | None
    example_data: bool
