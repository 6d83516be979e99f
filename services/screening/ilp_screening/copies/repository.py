"""SQL of the local copies: set-based upserts in which a later version wins, and look-ups for ordinary commands."""

from collections.abc import Iterable
from datetime import date
from typing import NamedTuple
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from ilp_screening.copies.models import FacilityCopy, PersonCopy
from ilp_shared.db.connection import Connection

_FACILITIES = """
INSERT INTO facility_copy (facility_id, kind, area_code, timezone, version)
SELECT * FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::int[])
ON CONFLICT (facility_id) DO UPDATE SET
    kind = excluded.kind, area_code = excluded.area_code, timezone = excluded.timezone, version = excluded.version
WHERE facility_copy.version < excluded.version
"""

_PERSONS = """
INSERT INTO person_copy (person_id, sex, birth_date, home_area, version)
SELECT * FROM unnest($1::uuid[], $2::text[], $3::date[], $4::text[], $5::int[])
ON CONFLICT (person_id) DO UPDATE SET
    sex = excluded.sex, birth_date = excluded.birth_date, home_area = excluded.home_area,
    version = excluded.version
WHERE person_copy.version < excluded.version
"""


class FacilityRow(NamedTuple):
    """A row of `facility_copy`."""

    facility_id: UUID
    kind: str
    area_code: str
    timezone: str
    version: int


class PersonRow(NamedTuple):
    """A row of `person_copy`."""

    person_id: UUID
    sex: str
    birth_date: date
    home_area: str
    version: int


async def keep_facilities(conn: Connection, rows: Iterable[FacilityRow]) -> None:
    """Upsert facilities; each id at most once per call, later versions win over earlier ones."""
    await conn.execute(_FACILITIES, *(list(column) for column in zip(*rows, strict=True)))


async def keep_persons(conn: Connection, rows: Iterable[PersonRow]) -> None:
    """Upsert persons; each id at most once per call, later versions win over earlier ones."""
    await conn.execute(_PERSONS, *(list(column) for column in zip(*rows, strict=True)))


async def empty_copies(conn: Connection) -> None:
    """Remove every copy; needs the owner role."""
    await conn.execute("TRUNCATE facility_copy, person_copy")


async def facility_of(session: AsyncSession, facility_id: UUID) -> FacilityCopy | None:
    """Return the copy of a facility, or None while it is not known here."""
    return await session.get(FacilityCopy, facility_id)


async def person_of(session: AsyncSession, person_id: UUID) -> PersonCopy | None:
    """Return the copy of a person inside the transaction's scope, or None."""
    return await session.get(PersonCopy, person_id)
