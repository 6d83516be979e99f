"""SQL of households."""

from collections.abc import Collection, Sequence
from uuid import UUID

import asyncpg

from ilp_registry.households.models import NewHousehold
from ilp_shared.db.connection import Connection
from ilp_shared.db.scoped import Conditions

_INSERT = """
INSERT INTO household (id, home_area, kk_key_id, kk_cipher, kk_index, kk_index_2, registered_at)
SELECT t.*, now() FROM unnest($1::uuid[], $2::text[], $3::text[], $4::bytea[], $5::bytea[], $6::bytea[]) AS t
ON CONFLICT DO NOTHING RETURNING id
"""


async def insert_households(conn: Connection, households: Collection[NewHousehold]) -> set[UUID]:
    """Insert households whose id and KK are free (in KK order: no deadlock); returns their ids."""
    ordered = sorted(households, key=lambda each: (each.kk_index or each.kk_index_2 or b"", each.id))
    rows = await conn.fetch(_INSERT, *(list(column) for column in zip(*ordered, strict=True)))
    return {row["id"] for row in rows}


async def households_with(
    conn: Connection, areas: Sequence[str], ids: Collection[UUID], kks: Collection[bytes]
) -> list[asyncpg.Record]:
    """Return id and digests of the households of these areas with one of these ids or KKs."""
    conditions = Conditions()
    conditions.within("home_area", areas)
    named = list(ids), list(kks), list(kks)
    conditions.add("(id = ANY({}) OR kk_index = ANY({}) OR kk_index_2 = ANY({}))", *named)
    statement = f"SELECT id, kk_index, kk_index_2 FROM household WHERE {conditions.where}"
    return await conn.fetch(statement, *conditions.args)


async def households_outside(
    conn: Connection, areas: Sequence[str], ids: Collection[UUID], kks: Collection[bytes]
) -> set[UUID | bytes]:
    """Return those of these ids and KKs that households outside these areas have; nothing else of them is shown."""
    statement = "SELECT id, kk_index FROM households_outside($1::text[], $2::uuid[], $3::bytea[])"
    rows = await conn.fetch(statement, list(areas), list(ids), list(kks))
    return {value for row in rows for value in row if value is not None}


async def delete_empty(conn: Connection, ids: Collection[UUID]) -> None:
    """Delete those of these households that have no member."""
    await conn.execute(
        "DELETE FROM household h WHERE id = ANY($1)"
        " AND NOT EXISTS (SELECT 1 FROM person p WHERE p.household_id = h.id)",
        list(ids),
    )
