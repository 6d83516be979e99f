"""Table of persons; row-level security limits it to the transaction's areas."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import DateTime, Index, LargeBinary, Text, UniqueConstraint, text
from sqlmodel import Field

from ilp_registry.base import Base


class PersonRow(Base, table=True):
    """A person; `origin_area` is the home at registration and decides the key of all events."""

    __tablename__ = "person"
    __table_args__ = (
        Index("ix_person_home_area_search", "home_area", "search"),
        Index("ix_person_household_id", "household_id"),
        UniqueConstraint("nik_index", name="uq_person_nik_index"),
        Index("uq_person_nik_index_2", "nik_index_2", unique=True, postgresql_where=text("nik_index_2 IS NOT NULL")),
        Index("ix_person_nik_key_id", "nik_key_id"),
        Index("ix_person_phone_key_id", "phone_key_id"),
    )

    id: UUID = Field(primary_key=True)
    version: int
    home_area: str = Field(sa_type=Text, foreign_key="area.code")
    origin_area: str = Field(sa_type=Text)
    name: str = Field(sa_type=Text)
    search: str = Field(sa_type=Text)
    sex: str = Field(sa_type=Text)
    birth_date: date
    identity: str = Field(sa_type=Text)
    nik_key_id: str | None = Field(sa_type=Text)
    nik_cipher: bytes | None = Field(sa_type=LargeBinary)
    nik_index: bytes | None = Field(sa_type=LargeBinary)
    nik_index_2: bytes | None = Field(sa_type=LargeBinary)
    phone_key_id: str | None = Field(sa_type=Text)
    phone_cipher: bytes | None = Field(sa_type=LargeBinary)
    household_id: UUID | None = Field(foreign_key="household.id")
    example_data: bool
    registered_at: datetime = Field(sa_type=DateTime(timezone=True))
