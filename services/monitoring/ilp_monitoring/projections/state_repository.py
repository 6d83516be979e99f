"""SQL of present states: tasks, open days, residents, facilities. Each is read by id and written newest-wins."""

from collections.abc import Collection, Sequence
from datetime import date
from typing import NamedTuple
from uuid import UUID

from ilp_shared.db.connection import Connection


class Task(NamedTuple):
    """A row of `task_state`."""

    task_id: UUID
    version: int
    period: str
    home_area: str
    status: str


class OpenDay(NamedTuple):
    """A row of `open_day`."""

    open_day_id: UUID
    version: int
    facility_id: UUID
    facility_kind: str
    facility_area: str
    day: date
    cancelled: bool


class Resident(NamedTuple):
    """A row of `resident`."""

    person_id: UUID
    version: int
    sex: str
    birth_month: str
    home_area: str
    active: bool


class Facility(NamedTuple):
    """A row of `facility`."""

    facility_id: UUID
    version: int
    kind: str
    name: str
    area_code: str
    example_data: bool


_STORE_TASKS = """
INSERT INTO task_state (task_id, version, period, home_area, status)
SELECT * FROM unnest($1::uuid[], $2::int[], $3::text[], $4::text[], $5::text[])
ON CONFLICT (task_id) DO UPDATE
SET version = excluded.version, period = excluded.period, home_area = excluded.home_area, status = excluded.status
WHERE task_state.version < excluded.version
"""
_STORE_OPEN_DAYS = """
INSERT INTO open_day (open_day_id, version, facility_id, facility_kind, facility_area, day, cancelled)
SELECT * FROM unnest($1::uuid[], $2::int[], $3::uuid[], $4::text[], $5::text[], $6::date[], $7::boolean[])
ON CONFLICT (open_day_id) DO UPDATE
SET version = excluded.version, facility_id = excluded.facility_id, facility_kind = excluded.facility_kind,
    facility_area = excluded.facility_area, day = excluded.day, cancelled = excluded.cancelled
WHERE open_day.version < excluded.version
"""
_STORE_RESIDENTS = """
INSERT INTO resident (person_id, version, sex, birth_month, home_area, active)
SELECT * FROM unnest($1::uuid[], $2::int[], $3::text[], $4::text[], $5::text[], $6::boolean[])
ON CONFLICT (person_id) DO UPDATE
SET version = excluded.version, sex = excluded.sex, birth_month = excluded.birth_month,
    home_area = excluded.home_area, active = excluded.active
WHERE resident.version < excluded.version
"""
_STORE_FACILITIES = """
INSERT INTO facility (facility_id, version, kind, name, area_code, example_data)
SELECT * FROM unnest($1::uuid[], $2::int[], $3::text[], $4::text[], $5::text[], $6::boolean[])
ON CONFLICT (facility_id) DO UPDATE
SET version = excluded.version, kind = excluded.kind, name = excluded.name, area_code = excluded.area_code,
    example_data = excluded.example_data
WHERE facility.version < excluded.version
"""


async def tasks(conn: Connection, ids: Collection[UUID]) -> dict[UUID, Task]:
    """Return the known state of each task."""
    rows = await conn.fetch(
        "SELECT task_id, version, period, home_area, status FROM task_state WHERE task_id = ANY($1::uuid[])", list(ids)
    )
    return {row["task_id"]: Task(*row) for row in rows}


async def open_days(conn: Connection, ids: Collection[UUID]) -> dict[UUID, OpenDay]:
    """Return the known state of each open day."""
    rows = await conn.fetch(
        "SELECT open_day_id, version, facility_id, facility_kind, facility_area, day, cancelled"
        " FROM open_day WHERE open_day_id = ANY($1::uuid[])",
        list(ids),
    )
    return {row["open_day_id"]: OpenDay(*row) for row in rows}


async def residents(conn: Connection, ids: Collection[UUID]) -> dict[UUID, Resident]:
    """Return the known state of each person."""
    rows = await conn.fetch(
        "SELECT person_id, version, sex, birth_month, home_area, active"
        " FROM resident WHERE person_id = ANY($1::uuid[])",
        list(ids),
    )
    return {row["person_id"]: Resident(*row) for row in rows}


async def store_tasks(conn: Connection, new: Sequence[Task]) -> None:
    """Write states; a lower version never overwrites a higher one."""
    await _store(conn, _STORE_TASKS, new)


async def store_open_days(conn: Connection, new: Sequence[OpenDay]) -> None:
    """Write states; a lower version never overwrites a higher one."""
    await _store(conn, _STORE_OPEN_DAYS, new)


async def store_residents(conn: Connection, new: Sequence[Resident]) -> None:
    """Write states; a lower version never overwrites a higher one."""
    await _store(conn, _STORE_RESIDENTS, new)


async def store_facilities(conn: Connection, new: Sequence[Facility]) -> None:
    """Write states; a lower version never overwrites a higher one."""
    await _store(conn, _STORE_FACILITIES, new)


async def _store(conn: Connection, statement: str, rows: Sequence[tuple[object, ...]]) -> None:
    if rows:
        await conn.execute(statement, *(list(column) for column in zip(*rows, strict=True)))
