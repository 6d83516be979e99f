"""Table of the editions of reference data that the database holds."""

from datetime import datetime

from sqlalchemy import DateTime, Text, text
from sqlmodel import Field

from ilp_registry.base import Base


class ReferenceLoadRow(Base, table=True):
    """An edition that was loaded: `sha256` is the checksum of its SHA256SUMS."""

    __tablename__ = "reference_load"

    sha256: str = Field(sa_type=Text, primary_key=True)
    loaded_at: datetime = Field(
        sa_type=DateTime(timezone=True),
        sa_column_kwargs={"server_default": text("clock_timestamp()")},
    )
