"""Table of the look-ups of the last hour."""

from datetime import datetime

from sqlalchemy import BigInteger, Column, DateTime, Identity, Index, Text, text
from sqlmodel import Field

from ilp_registry.base import Base


class LookupRow(Base, table=True):
    """Look-ups that one request of an account spent."""

    __tablename__ = "lookup"
    __table_args__ = (Index("ix_lookup_client_at", "client", "at"),)

    id: int = Field(sa_column=Column(BigInteger, Identity(always=True), primary_key=True))
    client: str = Field(sa_type=Text)
    at: datetime = Field(
        sa_type=DateTime(timezone=True), sa_column_kwargs={"server_default": text("clock_timestamp()")}
    )
    number: int
