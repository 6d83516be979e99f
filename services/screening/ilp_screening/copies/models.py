"""Tables of the local copies: what screening needs to know of facilities and persons, and nothing more."""

from datetime import date
from uuid import UUID

from sqlalchemy import Text
from sqlmodel import Field

from ilp_screening.base import Base


class FacilityRow(Base, table=True):
    """A facility as the registry last published it. `area_code` is its village (a puskesmas: district or regency)."""

    __tablename__ = "facility_copy"
    facility_id: UUID = Field(primary_key=True)
    kind: str = Field(sa_type=Text)
    area_code: str = Field(sa_type=Text)
    timezone: str = Field(sa_type=Text)
    version: int


class PersonRow(Base, table=True):
    """A person as the registry last published them: neither name nor NIK."""

    __tablename__ = "person_copy"
    person_id: UUID = Field(primary_key=True)
    sex: str = Field(sa_type=Text)
    birth_date: date
    home_area: str = Field(sa_type=Text)
    version: int
