"""Tables of bulk loads: what was loaded, and each row of each imported file with its outcome."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import DateTime, Text, text
from sqlmodel import Field

from ilp_registry.base import Base


class ReferenceLoad(Base, table=True):
    """Reference data that are in the database, by the checksum of all their files."""

    __tablename__ = "reference_load"

    sha256: str = Field(sa_type=Text, primary_key=True)
    loaded_at: datetime = Field(
        sa_type=DateTime(timezone=True),
        sa_column_kwargs={"server_default": text("clock_timestamp()")},
    )


class FacilityImport(Base, table=True):
    """One row of an imported file; `status` is empty until it was judged."""

    __tablename__ = "facility_import"

    file_sha256: str = Field(sa_type=Text, primary_key=True)
    row: int = Field(primary_key=True)
    content: str = Field(sa_type=Text)
    status: str | None = Field(sa_type=Text)
    reason: str | None = Field(sa_type=Text)
    facility_id: UUID | None
