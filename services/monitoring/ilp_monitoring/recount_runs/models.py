"""Tables of finished recounts; the recount writes them by itself and shares no code with this service."""

from datetime import datetime

from sqlalchemy import BigInteger, Column, DateTime, Identity, Text
from sqlmodel import Field

from ilp_monitoring.projections.models import Base


class RecountRunRow(Base, table=True):
    """A finished run of the independent recount; `detail` is its whole report as JSON.

    The regencies, and how many of them were compared, are not known of runs of older releases.
    """

    __tablename__ = "recount_run"
    id: int = Field(sa_column=Column(BigInteger, Identity(always=True), primary_key=True))
    at: datetime = Field(sa_column=Column(DateTime(timezone=True), nullable=False))
    cells: int = Field(sa_type=BigInteger)
    events: int = Field(sa_type=BigInteger)
    differences: int = Field(sa_type=BigInteger)
    duration_s: float
    detail: str = Field(sa_type=Text)
    regencies: int | None = Field(sa_type=BigInteger)
    regencies_compared: int | None = Field(sa_type=BigInteger)
    all_since: datetime | None = Field(sa_column=Column(DateTime(timezone=True)))


class RecountPartRow(Base, table=True):
    """The last comparison of what readers are given of a regency: when its run began, and how many differences.

    A regency that was never compared has no row.
    """

    __tablename__ = "recount_part"
    code: str = Field(primary_key=True, sa_type=Text)
    at: datetime = Field(sa_column=Column(DateTime(timezone=True), nullable=False))
    differences: int = Field(sa_type=BigInteger)
