"""SQL of households."""

from collections.abc import Collection, Sequence
from typing import NamedTuple
from uuid import UUID

import asyncpg

from ilp_registry.conditions import Conditions
from ilp_shared.db.connection import Connection

_INSERT = """
INSERT INTO household (id, home_area, kk_key_id, kk_cipher, kk_index, registered_at)
SELECT t.*, now() FROM unnest($1::uuid[], $2::text[], $3::text[], $4::bytea[], $5::bytea[]) AS t
ON CONFLICT DO NOTHING RETURNING id
"""


class HouseholdRow(NamedTuple):
    """A household to insert."""

    id: UUID
    home_area: str
    kk_key_id: str | None
    kk_cipher: bytes | None
    kk_index: bytes | None


async def insert_households(conn: Connection, rows: Sequence[HouseholdRow]) -> set[UUID]:
    """Insert households whose id and KK are free; returns their ids."""
    ordered = sorted(rows, key=lambda row: (row.kk_index or b"", row.id))
    done = await conn.fetch(_INSERT, *(list(column) for column in zip(*ordered, strict=True)))
    return {row["id"] for row in done}


async def households_with(
    conn: Connection, areas: Sequence[str], ids: Collection[UUID], kk_indexes: Collection[bytes]
) -> list[asyncpg.Record]:
    """Return id and kk_index of the households of these areas with one of these ids or KKs."""
    found = Conditions()
    found.within("home_area", areas)
    found.add("(id = ANY({}) OR kk_index = ANY({}))", list(ids), list(kk_indexes))
    return await conn.fetch(f"SELECT id, kk_index FROM household WHERE {found.where}", *found.args)


async def drop_empty(conn: Connection, made: Collection[UUID]) -> None:
    """Take back new households whose only members were refused."""
    await conn.execute(
        "DELETE FROM household h WHERE id = ANY($1)"
        " AND NOT EXISTS (SELECT 1 FROM person p WHERE p.household_id = h.id)",
        list(made),
    )
