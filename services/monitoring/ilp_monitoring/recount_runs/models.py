"""Table of finished recounts; the recount writes it by itself and shares no code with this service."""

from datetime import datetime

from sqlalchemy import BigInteger, Column, DateTime, Identity, Text
from sqlmodel import Field

from ilp_monitoring.projections.models import Base


class RecountRunRow(Base, table=True):
    """A finished run of the independent recount; `detail` is its whole report as JSON."""

    __tablename__ = "recount_run"
    id: int = Field(sa_column=Column(BigInteger, Identity(always=True), primary_key=True))
    at: datetime = Field(sa_column=Column(DateTime(timezone=True), nullable=False))
    cells: int = Field(sa_type=BigInteger)
    events: int = Field(sa_type=BigInteger)
    differences: int = Field(sa_type=BigInteger)
    duration_s: float
    detail: str = Field(sa_type=Text)
