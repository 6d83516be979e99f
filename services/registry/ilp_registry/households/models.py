"""Table of households, and a household to insert. Row-level security limits them to the transaction's areas."""

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import DateTime, Index, LargeBinary, Text, UniqueConstraint, text
from sqlmodel import Field

from ilp_registry.base import Base


class HouseholdRow(Base, table=True):
    """Persons who share a family card (KK); its number is sealed and found by its blind index."""

    __tablename__ = "household"
    __table_args__ = (
        Index("ix_household_home_area", "home_area"),
        UniqueConstraint("kk_index", name="uq_household_kk_index"),
        Index("uq_household_kk_index_2", "kk_index_2", unique=True, postgresql_where=text("kk_index_2 IS NOT NULL")),
        Index("ix_household_kk_key_id", "kk_key_id"),
    )

    id: UUID = Field(primary_key=True)
    home_area: str = Field(sa_type=Text, foreign_key="area.code")
    kk_key_id: str | None = Field(sa_type=Text)
    kk_cipher: bytes | None = Field(sa_type=LargeBinary)
    kk_index: bytes | None = Field(sa_type=LargeBinary)
    kk_index_2: bytes | None = Field(sa_type=LargeBinary)
    registered_at: datetime = Field(sa_type=DateTime(timezone=True))


class NewHousehold(NamedTuple):
    """A household to insert."""

    id: UUID
    home_area: str
    kk_key_id: str | None
    kk_cipher: bytes | None
    kk_index: bytes | None
    kk_index_2: bytes | None
