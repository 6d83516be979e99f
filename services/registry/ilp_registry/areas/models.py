"""Tables of areas. `area_term` holds search keys, `area_tree` the version of each regency's tree down to villages."""

from uuid import UUID

from sqlalchemy import Index, Text, UniqueConstraint
from sqlmodel import Field

from ilp_registry.base import Base


class AreaRow(Base, table=True):
    """One area; the code says where it lies."""

    __tablename__ = "area"
    __table_args__ = (Index("ix_area_parent_code", "parent_code"),)

    code: str = Field(sa_type=Text, primary_key=True)
    name: str = Field(sa_type=Text)
    level: str = Field(sa_type=Text)
    kind: str = Field(sa_type=Text)
    parent_code: str | None = Field(sa_type=Text, foreign_key="area.code")
    lat: float | None
    lng: float | None
    dataset: str = Field(sa_type=Text)


class AreaAliasRow(Base, table=True):
    """Another name of an area, and its source."""

    __tablename__ = "area_alias"

    code: str = Field(sa_type=Text, primary_key=True, foreign_key="area.code")
    name: str = Field(sa_type=Text, primary_key=True)
    source: str = Field(sa_type=Text)


class AreaTermRow(Base, table=True):
    """A search key of an area's name or alias."""

    __tablename__ = "area_term"

    term: str = Field(sa_type=Text, primary_key=True)
    code: str = Field(sa_type=Text, primary_key=True, foreign_key="area.code")


class AreaTreeRow(Base, table=True):
    """The aggregate of AreaTreePublished: one per regency."""

    __tablename__ = "area_tree"
    __table_args__ = (UniqueConstraint("id", name="uq_area_tree_id"),)

    root: str = Field(sa_type=Text, primary_key=True)
    id: UUID
    version: int
