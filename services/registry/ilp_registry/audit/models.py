"""Table `access_audit`; a trigger of the migration refuses UPDATE, DELETE and TRUNCATE."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, DateTime, Identity, Index, Text, text
from sqlmodel import Field

from ilp_registry.base import Base


class AccessAudit(Base, table=True):
    """One person seen or changed by one account."""

    __tablename__ = "access_audit"
    __table_args__ = (Index("ix_access_audit_person_id", "person_id"),)

    id: int = Field(sa_type=BigInteger, primary_key=True, sa_column_args=[Identity(always=True)])
    at: datetime = Field(
        sa_type=DateTime(timezone=True),
        sa_column_kwargs={"server_default": text("clock_timestamp()")},
    )
    subject: str = Field(sa_type=Text)
    role: str = Field(sa_type=Text)
    action: str = Field(sa_type=Text)
    person_id: UUID
    purpose: str | None = Field(default=None, sa_type=Text)
