"""Tables of tasks and of who moved them when. The columns of `TaskRow` are the fields of `rules.models.Task`."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import ARRAY, Column, DateTime, Index, SmallInteger, Text, text
from sqlmodel import Field

from ilp_cluster_services.base import Base


class TaskRow(Base, table=True):
    """One task; at most one per screening and action."""

    __tablename__ = "task"
    __table_args__ = (
        Index("ix_task_due", "due_at", "id"),
        Index("ix_task_screening", "screening_id", "action", unique=True),
        Index("ix_task_person", "person_id"),
        Index("ix_task_facility", "facility_id", "due_at"),
        Index("ix_task_home", "home_area", postgresql_ops={"home_area": "text_pattern_ops"}),
        Index("ix_task_waiting", "origin_facility_id", postgresql_where=text("facility_id IS NULL")),
    )

    id: UUID = Field(primary_key=True)
    version: int
    screening_id: UUID
    screening_version: int
    person_id: UUID
    home_area: str = Field(sa_type=Text)
    origin_facility_id: UUID
    facility_id: UUID | None = None
    action: str = Field(sa_type=Text)
    kind: str = Field(sa_type=Text)
    klaster: int = Field(sa_type=SmallInteger)
    target_level: str = Field(sa_type=Text)
    status: str = Field(sa_type=Text)
    opened_day: date
    due_at: datetime = Field(sa_column=Column(DateTime(timezone=True), nullable=False))
    result_code: str = Field(sa_type=Text)
    result_codes: list[str] = Field(sa_column=Column(ARRAY(Text), nullable=False))
    routed: bool
    policy_version: str = Field(sa_type=Text)
    outcome: str | None = Field(default=None, sa_type=Text)
    reason: str | None = Field(default=None, sa_type=Text)


class TaskHistoryRow(Base, table=True):
    """One move of a task: what, by which role and account (or event), when."""

    __tablename__ = "task_history"

    task_id: UUID = Field(primary_key=True, foreign_key="cluster_services.task.id")
    version: int = Field(primary_key=True)
    home_area: str = Field(sa_type=Text)
    move: str = Field(sa_type=Text)
    status: str = Field(sa_type=Text)
    detail: str | None = Field(default=None, sa_type=Text)
    role: str = Field(sa_type=Text)
    subject: str = Field(sa_type=Text)
    at: datetime = Field(sa_column=Column(DateTime(timezone=True), nullable=False))
