"""Tables of the projection: small present states of what is counted, and the numbers of every area.

Batches write them with asyncpg; alembic compares the history with these classes, and filtered queries read through
them. Every table of numbers holds village, district, regency, province and nation; a missing row is zero.
"""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import BigInteger, Column, DateTime, Index, SmallInteger, Text, text
from sqlmodel import Field, SQLModel

from ilp_shared.db.base import service_registry


class Base(SQLModel, registry=service_registry("monitoring")):
    """Base of this service's tables."""


class AreaRow(Base, table=True):
    """An administrative area as last published by the registry."""

    __tablename__ = "area"
    code: str = Field(primary_key=True, sa_type=Text)
    name: str = Field(sa_type=Text)
    level: str = Field(sa_type=Text)
    kind: str = Field(sa_type=Text)
    parent_code: str | None = Field(sa_type=Text, index=True)
    lat: float | None
    lng: float | None


class AreaTreeRow(Base, table=True):
    """Version of the published tree of a regency that `area` holds."""

    __tablename__ = "area_tree"
    root: str = Field(primary_key=True, sa_type=Text)
    version: int


class FacilityRow(Base, table=True):
    """Local copy of a facility, for counts and names."""

    __tablename__ = "facility"
    __table_args__ = (
        Index("ix_facility_area_code", "area_code", postgresql_ops={"area_code": "text_pattern_ops"}),
        Index("ix_facility_example_data", "example_data", postgresql_where=text("example_data")),
    )
    facility_id: UUID = Field(primary_key=True)
    version: int
    kind: str = Field(sa_type=Text)
    name: str = Field(sa_type=Text)
    area_code: str = Field(sa_type=Text)
    example_data: bool


class ResidentRow(Base, table=True):
    """What the real denominators need of a person."""

    __tablename__ = "resident"
    person_id: UUID = Field(primary_key=True)
    version: int
    sex: str = Field(sa_type=Text)
    birth_month: str = Field(sa_type=Text)
    home_area: str = Field(sa_type=Text)
    active: bool


class ObservationRow(Base, table=True):
    """Present state of a screening: the facts that indicators count, as a bit mask (see the definitions)."""

    __tablename__ = "observation"
    __table_args__ = (Index("ix_observation_person_period", "person_id", "period"),)
    screening_id: UUID = Field(primary_key=True)
    version: int
    person_id: UUID
    facility_id: UUID
    facility_kind: str = Field(sa_type=Text)
    facility_area: str = Field(sa_type=Text)
    period: str = Field(sa_type=Text)
    day: date
    occurred_at: datetime = Field(sa_column=Column(DateTime(timezone=True), nullable=False))
    home_area: str = Field(sa_type=Text)
    birth_month: str = Field(sa_type=Text)
    facts: int = Field(sa_type=SmallInteger)
    voided: bool


class TaskRow(Base, table=True):
    """Present state of a follow-up task or referral."""

    __tablename__ = "task_state"
    task_id: UUID = Field(primary_key=True)
    version: int
    period: str = Field(sa_type=Text)
    home_area: str = Field(sa_type=Text)
    status: str = Field(sa_type=Text)
    due_day: str = Field(sa_type=Text)


class OpenDayRow(Base, table=True):
    """Present state of an open day of a facility."""

    __tablename__ = "open_day"
    open_day_id: UUID = Field(primary_key=True)
    version: int
    facility_id: UUID
    facility_kind: str = Field(sa_type=Text)
    facility_area: str = Field(sa_type=Text)
    day: date
    cancelled: bool


class FacilityOpenDaysRow(Base, table=True):
    """Open days of one posyandu in one month, by village: who is expected to report."""

    __tablename__ = "facility_open_days"
    facility_id: UUID = Field(primary_key=True)
    period: str = Field(primary_key=True, sa_type=Text)
    area_code: str = Field(primary_key=True, sa_type=Text)
    open_days: int


class FacilityReportsRow(Base, table=True):
    """Screenings of one facility in one month that are not void: whether it reported."""

    __tablename__ = "facility_reports"
    facility_id: UUID = Field(primary_key=True)
    period: str = Field(primary_key=True, sa_type=Text)
    screenings: int


class CellRow(Base, table=True):
    """Numbers of an indicator. `denominator` is 0 where the indicator divides by a sasaran."""

    __tablename__ = "cell"
    area_code: str = Field(primary_key=True, sa_type=Text)
    period: str = Field(primary_key=True, sa_type=Text)
    indicator: str = Field(primary_key=True, sa_type=Text)
    numerator: int = Field(sa_type=BigInteger)
    denominator: int = Field(sa_type=BigInteger)


class CompletenessRow(Base, table=True):
    """Posyandu with an open day in the month (`expected`), and those of them that reported."""

    __tablename__ = "completeness"
    area_code: str = Field(primary_key=True, sa_type=Text)
    period: str = Field(primary_key=True, sa_type=Text)
    expected: int = Field(sa_type=BigInteger)
    reported: int = Field(sa_type=BigInteger)


class TaskCountRow(Base, table=True):
    """Tasks opened in a month and due on a day (`YYYY-MM-DD`), without cancelled ones: open ones, and done ones."""

    __tablename__ = "task_count"
    area_code: str = Field(primary_key=True, sa_type=Text)
    period: str = Field(primary_key=True, sa_type=Text)
    due_day: str = Field(primary_key=True, sa_type=Text)
    open: int = Field(sa_type=BigInteger)
    done: int = Field(sa_type=BigInteger)


class FirstInYearRow(Base, table=True):
    """Persons whom an indicator counted in this month for the first time in the calendar year."""

    __tablename__ = "first_in_year"
    area_code: str = Field(primary_key=True, sa_type=Text)
    period: str = Field(primary_key=True, sa_type=Text)
    indicator: str = Field(primary_key=True, sa_type=Text)
    n: int = Field(sa_type=BigInteger)


class ArrivalRow(Base, table=True):
    """Screenings recorded in a minute (`YYYY-MM-DDTHH:MM`, UTC) at a facility: with a weight, and others.

    Corrections and voids change nothing here. Only the newest of each area stay.
    """

    __tablename__ = "arrival"
    area_code: str = Field(primary_key=True, sa_type=Text)
    minute: str = Field(primary_key=True, sa_type=Text)
    facility_id: UUID = Field(primary_key=True)
    weighings: int = Field(sa_type=BigInteger)
    others: int = Field(sa_type=BigInteger)


class SendingDayRow(Base, table=True):
    """A day, in the time zone of a regency, on which a screening of its facilities was recorded."""

    __tablename__ = "sending_day"
    area_code: str = Field(primary_key=True, sa_type=Text)
    day: date = Field(primary_key=True)


class PosyanduCountRow(Base, table=True):
    """Registered posyandu, by today's register: the same for every month."""

    __tablename__ = "posyandu_count"
    area_code: str = Field(primary_key=True, sa_type=Text)
    n: int = Field(sa_type=BigInteger)


class PopulationRow(Base, table=True):
    """Registered active residents by month of birth: the real denominators are sums over it."""

    __tablename__ = "population"
    area_code: str = Field(primary_key=True, sa_type=Text)
    birth_month: str = Field(primary_key=True, sa_type=Text)
    sex: str = Field(primary_key=True, sa_type=Text)
    n: int = Field(sa_type=BigInteger)


class SasaranRow(Base, table=True):
    """Projected size of a population group."""

    __tablename__ = "sasaran"
    area_code: str = Field(primary_key=True, sa_type=Text)
    population_group: str = Field(primary_key=True, sa_type=Text)
    n: int = Field(sa_type=BigInteger)


class ProjectionClockRow(Base, table=True):
    """One row, locked by every batch: `sequence` counts batches that changed cells, without gaps.

    `counted_by` is the fingerprint of the definitions of every batch so far; none before the first.
    """

    __tablename__ = "projection_clock"
    singleton: bool = Field(primary_key=True)
    sequence: int = Field(sa_type=BigInteger)
    as_of: datetime | None = Field(sa_column=Column(DateTime(timezone=True)))
    counted_by: str | None = Field(sa_type=Text)


class ProjectionBatchRow(Base, table=True):
    """When each sequence was applied; streams cannot resume from a sequence that was pruned here."""

    __tablename__ = "projection_batch"
    sequence: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False}, sa_type=BigInteger)
    applied_at: datetime = Field(sa_column=Column(DateTime(timezone=True), nullable=False, index=True))
    as_of: datetime = Field(sa_column=Column(DateTime(timezone=True), nullable=False))


class ChangeRow(Base, table=True):
    """A number after a batch.

    `indicator` may also be COMPLETENESS, or of no month YEAR, TASKS, UNITS, POPULATION, SASARAN, ARRIVALS.
    """

    __tablename__ = "change"
    __table_args__ = (Index("ix_change_sequence", "sequence"),)
    area_code: str = Field(primary_key=True, sa_type=Text)
    sequence: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False}, sa_type=BigInteger)
    indicator: str = Field(primary_key=True, sa_type=Text)
    period: str = Field(primary_key=True, sa_type=Text)
    numerator: int = Field(sa_type=BigInteger)
    denominator: int = Field(sa_type=BigInteger)


class AnnouncementRow(Base, table=True):
    """The last announcement of a regency: the version of the event, the projection's sequence, and when."""

    __tablename__ = "announcement"
    area_code: str = Field(primary_key=True, sa_type=Text)
    version: int
    sequence: int = Field(sa_type=BigInteger)
    at: datetime = Field(sa_column=Column(DateTime(timezone=True), nullable=False))
