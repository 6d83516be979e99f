"""SQL that writes persons; inserts are set-based."""

from collections.abc import Collection, Sequence
from uuid import UUID

import asyncpg

from ilp_registry.registration.models import NewPerson, PersonChange
from ilp_shared.db.connection import Connection
from ilp_shared.db.scoped import Conditions

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


async def insert_persons(conn: Connection, persons: Collection[NewPerson]) -> set[UUID]:
    """Insert persons whose id and NIK are free (in NIK order: no deadlock); returns their ids."""
    if not persons:
        return set()
    ordered = sorted(persons, key=lambda person: (person.nik_index or b"", person.id))
    rows = await conn.fetch(_INSERT, *(list(column) for column in zip(*ordered, strict=True)))
    return {row["id"] for row in rows}


async def taken_persons(conn: Connection, ids: Collection[UUID], nik_indexes: Collection[bytes]) -> set[UUID | bytes]:
    """Return ids and NIKs of the persons of any area who have one of these; nothing else of them is shown."""
    statement = "SELECT id, nik_index FROM taken_persons($1::uuid[], $2::bytea[])"
    rows = await conn.fetch(statement, list(ids), list(nik_indexes))
    return {value for row in rows for value in row if value is not None}


async def holders_of(
    conn: Connection, areas: Sequence[str], ids: Collection[UUID], nik_indexes: Collection[bytes]
) -> list[asyncpg.Record]:
    """Return id and nik_index of the persons of these areas who have one of these ids or NIKs."""
    conditions = Conditions()
    conditions.within("home_area", areas)
    conditions.add("(id = ANY({}) OR nik_index = ANY({}))", list(ids), list(nik_indexes))
    return await conn.fetch(f"SELECT id, nik_index FROM person WHERE {conditions.where}", *conditions.args)


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
