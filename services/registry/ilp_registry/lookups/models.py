"""Table of the look-ups of an account, and a row to insert."""

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import BigInteger, Column, DateTime, Identity, Index, LargeBinary, Text, text
from sqlmodel import Field

from ilp_registry.base import Base

_HAS_QUESTION = text("question IS NOT NULL")
_HAS_SERIES = text("series IS NOT NULL")


class LookupRow(Base, table=True):
    """Look-ups that an account spent, and what it must be recognised by when it asks again."""

    __tablename__ = "lookup"
    __table_args__ = (
        Index("ix_lookup_client_at", "client", "at", postgresql_where=text("number > 0")),
        Index("ix_lookup_client_question", "client", "question", postgresql_where=_HAS_QUESTION),
        Index("ix_lookup_client_series", "client", "series", "at", postgresql_where=_HAS_SERIES),
        Index("ix_lookup_at", "at"),
    )

    id: int = Field(sa_column=Column(BigInteger, Identity(always=True), primary_key=True))
    client: str = Field(sa_type=Text)
    at: datetime = Field(
        sa_type=DateTime(timezone=True), sa_column_kwargs={"server_default": text("clock_timestamp()")}
    )
    number: int
    question: bytes | None = Field(sa_type=LargeBinary)
    series: bytes | None = Field(sa_type=LargeBinary)


class Question(NamedTuple):
    """A form that names a NIK, KK or id, as keyed digests."""

    content: bytes
    """Of all that it names together: the same question has the same answer."""
    series: bytes | None
    """Of its NIK without the serial: area, birth date and sex."""


class NewLookup(NamedTuple):
    """A row to insert: look-ups spent, with the question answered by a conflict, or the series of a NIK registered."""

    number: int
    question: bytes | None = None
    series: bytes | None = None
