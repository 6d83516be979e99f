"""Table of reads of identifiable records; rows are only ever added (a trigger refuses anything else)."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, Identity, Index, Text
from sqlmodel import Column, Field

from ilp_screening.base import Base, Instant


class AccessAudit(Base, table=True):
    """One person's screenings were read by one account."""

    __tablename__ = "access_audit"
    __table_args__ = (Index("ix_access_audit_person", "person_id", "at"),)
    id: int | None = Field(default=None, sa_column=Column(BigInteger, Identity(always=True), primary_key=True))
    at: datetime = Field(sa_type=Instant)
    subject: str = Field(sa_type=Text)
    role: str = Field(sa_type=Text)
    action: str = Field(sa_type=Text)
    person_id: UUID
