"""Table of reads of tasks, which are about persons; rows are only ever added (a trigger refuses anything else)."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, Column, DateTime, Identity, Index, Text
from sqlmodel import Field

from ilp_cluster_services.base import Base


class AccessAudit(Base, table=True):
    """One person's tasks were read by one account."""

    __tablename__ = "access_audit"
    __table_args__ = (Index("ix_access_audit_person", "person_id", "at"),)

    id: int | None = Field(default=None, sa_column=Column(BigInteger, Identity(always=True), primary_key=True))
    at: datetime = Field(sa_column=Column(DateTime(timezone=True), nullable=False))
    subject: str = Field(sa_type=Text)
    role: str = Field(sa_type=Text)
    action: str = Field(sa_type=Text)
    person_id: UUID
