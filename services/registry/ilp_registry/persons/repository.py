"""SQL of persons. Every list takes the areas of the account; row-level security is the second wall behind it."""

from collections.abc import Sequence
from uuid import UUID

import asyncpg

from ilp_shared.db.connection import Connection
from ilp_shared.db.scoped import Conditions

_COLUMNS = (
    "id, version, home_area, name, sex, birth_date, identity, nik_key_id, nik_cipher, phone_key_id, phone_cipher,"
    " household_id, example_data"
)


async def person_in(
    conn: Connection, areas: Sequence[str], person_id: UUID, *, lock: bool = False
) -> asyncpg.Record | None:
    """Return one person of these areas with `origin_area`; with `lock`, locked for a change."""
    conditions = Conditions()
    conditions.within("home_area", areas)
    conditions.add("id = {}", person_id)
    ending = " FOR UPDATE" if lock else ""
    return await conn.fetchrow(
        f"SELECT {_COLUMNS}, origin_area FROM person WHERE {conditions.where}{ending}", *conditions.args
    )


async def persons_in(
    conn: Connection, areas: Sequence[str], household: UUID | None, after: UUID | None, limit: int
) -> Sequence[asyncpg.Record]:
    """Return persons of these areas by id (a cursor must not hold a name)."""
    conditions = _conditions(areas, household)
    if after is not None:
        conditions.add("id > {}", after)
    bound = conditions.bind(limit)
    return await conn.fetch(
        f"SELECT {_COLUMNS} FROM person WHERE {conditions.where} ORDER BY id LIMIT {bound}", *conditions.args
    )


async def count_persons(conn: Connection, areas: Sequence[str], household: UUID | None) -> int:
    """Return how many persons a list has in all."""
    conditions = _conditions(areas, household)
    return int(await conn.fetchval(f"SELECT count(*) FROM person WHERE {conditions.where}", *conditions.args))


def _conditions(areas: Sequence[str], household: UUID | None) -> Conditions:
    conditions = Conditions()
    conditions.within("home_area", areas)
    if household is not None:
        conditions.add("household_id = {}", household)
    return conditions


async def persons_with_nik(conn: Connection, areas: Sequence[str], nik: Sequence[bytes]) -> Sequence[asyncpg.Record]:
    """Return the person whose NIK has one of these digests, when in these areas."""
    conditions = Conditions()
    conditions.within("home_area", areas)
    conditions.add("(nik_index = ANY({}) OR nik_index_2 = ANY({}))", list(nik), list(nik))
    return await conn.fetch(f"SELECT {_COLUMNS} FROM person WHERE {conditions.where}", *conditions.args)


async def persons_named(conn: Connection, area: str, prefix: str, limit: int) -> Sequence[asyncpg.Record]:
    """Return persons of an area whose search key begins with `prefix`, by name."""
    conditions = Conditions()
    conditions.within("home_area", [area])
    conditions.add("search >= {} AND search < {}", prefix, f"{prefix}~")
    bound = conditions.bind(limit)
    return await conn.fetch(
        f"SELECT {_COLUMNS} FROM person WHERE {conditions.where} ORDER BY search, id LIMIT {bound}", *conditions.args
    )
