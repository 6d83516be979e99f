"""SQL of persons. Every list takes the areas of the account; row-level security is the second wall behind it."""

from collections.abc import Collection, Sequence
from datetime import date
from typing import NamedTuple
from uuid import UUID

import asyncpg

from ilp_registry.conditions import Conditions
from ilp_registry.persons.schemas import Sex
from ilp_shared.db.connection import Connection

_COLUMNS = (
    "id, version, home_area, name, sex, birth_date, identity, nik_key_id, nik_cipher, phone_key_id, phone_cipher,"
    " household_id, example_data"
)

_INSERT = """
INSERT INTO person (id, version, home_area, origin_area, name, search, sex, birth_date, identity, nik_key_id,
                    nik_cipher, nik_index, phone_key_id, phone_cipher, household_id, example_data, registered_at)
SELECT id, 1, area, area, name, search, sex, born, CASE WHEN nik_index IS NULL THEN 'temporary' ELSE 'nik' END,
       nik_key_id, nik_cipher, nik_index, phone_key_id, phone_cipher, household_id, example, now()
FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::text[], $6::date[], $7::text[], $8::bytea[],
            $9::bytea[], $10::text[], $11::bytea[], $12::uuid[], $13::bool[])
     AS t (id, area, name, search, sex, born, nik_key_id, nik_cipher, nik_index, phone_key_id, phone_cipher,
           household_id, example)
ON CONFLICT DO NOTHING RETURNING id
"""


class PersonRow(NamedTuple):
    """A person to insert."""

    id: UUID
    home_area: str
    name: str
    search: str
    sex: Sex
    birth_date: date
    nik_key_id: str | None
    nik_cipher: bytes | None
    nik_index: bytes | None
    phone_key_id: str | None
    phone_cipher: bytes | None
    household_id: UUID | None
    example_data: bool


class PersonChange(NamedTuple):
    """The columns a correction sets."""

    id: UUID
    home_area: str
    name: str
    search: str
    sex: Sex
    birth_date: date
    nik_key_id: str | None
    nik_cipher: bytes | None
    nik_index: bytes | None
    example_data: bool


async def insert_persons(conn: Connection, rows: Sequence[PersonRow]) -> set[UUID]:
    """Insert persons whose id and NIK are free (in NIK order: no deadlock); returns their ids."""
    if not rows:
        return set()
    ordered = sorted(rows, key=lambda row: (row.nik_index or b"", row.id))
    done = await conn.fetch(_INSERT, *(list(column) for column in zip(*ordered, strict=True)))
    return {row["id"] for row in done}


async def holders_of(
    conn: Connection, areas: Sequence[str], ids: Collection[UUID], nik_indexes: Collection[bytes]
) -> list[asyncpg.Record]:
    """Return id and nik_index of the persons of these areas who have one of these ids or NIKs."""
    found = Conditions()
    found.within("home_area", areas)
    found.add("(id = ANY({}) OR nik_index = ANY({}))", list(ids), list(nik_indexes))
    return await conn.fetch(f"SELECT id, nik_index FROM person WHERE {found.where}", *found.args)


async def person_in(
    conn: Connection, areas: Sequence[str], person_id: UUID, *, lock: bool = False
) -> asyncpg.Record | None:
    """Return one person of these areas, locked for a change when asked."""
    found = Conditions()
    found.within("home_area", areas)
    found.add("id = {}", person_id)
    ending = " FOR UPDATE" if lock else ""
    return await conn.fetchrow(f"SELECT {_COLUMNS}, origin_area FROM person WHERE {found.where}{ending}", *found.args)


async def change_person(conn: Connection, change: PersonChange) -> int:
    """Write a correction and return the new version; raises UniqueViolationError when the NIK is another person's."""
    version = await conn.fetchval(
        "UPDATE person SET version = version + 1, home_area = $2, name = $3, search = $4, sex = $5, birth_date = $6,"
        " nik_key_id = $7, nik_cipher = $8, nik_index = $9::bytea, example_data = $10,"
        " identity = CASE WHEN $9::bytea IS NULL THEN 'temporary' ELSE 'nik' END"
        " WHERE id = $1 RETURNING version",
        *change,
    )
    return int(version)


async def persons_of(
    conn: Connection, areas: Sequence[str], household: UUID | None, after: UUID | None, limit: int
) -> list[asyncpg.Record]:
    """Return persons of these areas by id (a cursor must not hold a name)."""
    found = _kept(areas, household)
    if after is not None:
        found.add("id > {}", after)
    bound = found.bind(limit)
    return await conn.fetch(f"SELECT {_COLUMNS} FROM person WHERE {found.where} ORDER BY id LIMIT {bound}", *found.args)


async def count_persons(conn: Connection, areas: Sequence[str], household: UUID | None) -> int:
    """Return how many persons a list has in all."""
    found = _kept(areas, household)
    return int(await conn.fetchval(f"SELECT count(*) FROM person WHERE {found.where}", *found.args))


def _kept(areas: Sequence[str], household: UUID | None) -> Conditions:
    found = Conditions()
    found.within("home_area", areas)
    if household is not None:
        found.add("household_id = {}", household)
    return found


async def persons_with_nik(conn: Connection, areas: Sequence[str], nik_index: bytes) -> list[asyncpg.Record]:
    """Return the person with a NIK, when in these areas."""
    found = Conditions()
    found.within("home_area", areas)
    found.add("nik_index = {}", nik_index)
    return await conn.fetch(f"SELECT {_COLUMNS} FROM person WHERE {found.where}", *found.args)


async def persons_named(conn: Connection, area: str, prefix: str, limit: int) -> list[asyncpg.Record]:
    """Return persons of an area whose name begins so, by name."""
    found = Conditions()
    found.within("home_area", [area])
    found.add("search >= {} AND search < {}", prefix, f"{prefix}~")
    bound = found.bind(limit)
    return await conn.fetch(
        f"SELECT {_COLUMNS} FROM person WHERE {found.where} ORDER BY search, id LIMIT {bound}", *found.args
    )
