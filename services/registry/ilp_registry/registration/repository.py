"""SQL that writes persons; inserts are set-based."""

from collections.abc import Collection, Sequence
from uuid import UUID

import asyncpg

from ilp_registry.registration.models import NewPerson, PersonChange
from ilp_shared.db.connection import Connection
from ilp_shared.db.scoped import Conditions

_INSERT = """
INSERT INTO person (id, version, home_area, origin_area, name, search, sex, birth_date, identity, nik_key_id,
                    nik_cipher, nik_index, nik_index_2, phone_key_id, phone_cipher, household_id, example_data,
                    registered_at)
SELECT id, 1, area, area, name, search, sex, born, CASE WHEN nik_cipher IS NULL THEN 'temporary' ELSE 'nik' END,
       nik_key_id, nik_cipher, nik_index, nik_index_2, phone_key_id, phone_cipher, household_id, example, now()
FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::text[], $6::date[], $7::text[], $8::bytea[],
            $9::bytea[], $10::bytea[], $11::text[], $12::bytea[], $13::uuid[], $14::bool[])
     AS t (id, area, name, search, sex, born, nik_key_id, nik_cipher, nik_index, nik_index_2, phone_key_id,
           phone_cipher, household_id, example)
ON CONFLICT DO NOTHING RETURNING id
"""
_CHANGE = """
UPDATE person SET version = version + 1, home_area = $2, name = $3, search = $4, sex = $5, birth_date = $6,
    nik_key_id = $7, nik_cipher = $8, nik_index = COALESCE($9::bytea, nik_index),
    nik_index_2 = COALESCE($10::bytea, nik_index_2), example_data = $11,
    identity = CASE WHEN $8::bytea IS NULL THEN 'temporary' ELSE 'nik' END
WHERE id = $1 RETURNING version
"""
"""A digest under a key that this process does not have stays: a NIK that is bound is never another one."""


async def insert_persons(conn: Connection, persons: Collection[NewPerson]) -> set[UUID]:
    """Insert persons whose id and NIK are free (in NIK order: no deadlock); returns their ids."""
    if not persons:
        return set()
    ordered = sorted(persons, key=lambda person: (person.nik_index or person.nik_index_2 or b"", person.id))
    rows = await conn.fetch(_INSERT, *(list(column) for column in zip(*ordered, strict=True)))
    return {row["id"] for row in rows}


async def taken_persons(conn: Connection, ids: Collection[UUID], niks: Collection[bytes]) -> set[UUID | bytes]:
    """Return ids and NIK digests of the persons of any area who have one of these; nothing else of them is shown."""
    rows = await conn.fetch("SELECT id, nik_index FROM taken_persons($1::uuid[], $2::bytea[])", list(ids), list(niks))
    return {value for row in rows for value in row if value is not None}


async def holders_of(
    conn: Connection, areas: Sequence[str], ids: Collection[UUID], niks: Collection[bytes]
) -> list[asyncpg.Record]:
    """Return id and digests of the persons of these areas who have one of these ids or NIKs."""
    conditions = Conditions()
    conditions.within("home_area", areas)
    named = list(ids), list(niks), list(niks)
    conditions.add("(id = ANY({}) OR nik_index = ANY({}) OR nik_index_2 = ANY({}))", *named)
    statement = f"SELECT id, nik_index, nik_index_2 FROM person WHERE {conditions.where}"
    return await conn.fetch(statement, *conditions.args)


async def change_person(conn: Connection, change: PersonChange) -> int:
    """Write a correction and return the new version; raises UniqueViolationError when the NIK is another person's."""
    return int(await conn.fetchval(_CHANGE, *change))
