"""SQL of the local copies: the newest version wins, look-ups by id."""

from datetime import date
from typing import Final, NamedTuple
from uuid import UUID

from ilp_screening.rules.case import Sex
from ilp_shared.db.connection import Connection
from ilp_shared.db.copies import Copy


class Facility(NamedTuple):
    """A row of `facility_copy`."""

    facility_id: UUID
    kind: str
    area_code: str
    timezone: str
    version: int


class Person(NamedTuple):
    """A row of `person_copy`; row-level security shows only those whose home lies in the transaction's scope."""

    person_id: UUID
    sex: Sex
    birth_date: date
    home_area: str
    version: int


FACILITIES: Final = Copy("facility_copy", Facility, "facility_id")
PERSONS: Final = Copy("person_copy", Person, "person_id")


async def facility_of(conn: Connection, facility_id: UUID) -> Facility | None:
    """Return the copy of a facility, or None while it is not known here."""
    return (await FACILITIES.read(conn, [facility_id])).get(facility_id)


async def person_of(conn: Connection, person_id: UUID) -> Person | None:
    """Return the copy of a person inside the transaction's scope, or None."""
    return (await PERSONS.read(conn, [person_id])).get(person_id)


async def empty_copies(conn: Connection) -> None:
    """Remove every copy; needs the owner role."""
    await conn.execute("TRUNCATE facility_copy, person_copy")
