"""SQL of facilities. Posyandu and pustu may be registered by the hundred: inserts are set-based."""

from collections.abc import Collection, Sequence
from typing import NamedTuple
from uuid import UUID

import asyncpg

from ilp_registry.conditions import Conditions
from ilp_registry.facilities.schemas import Kind
from ilp_registry.rules.names import search_key
from ilp_shared.db.connection import Connection

_COLUMNS = "id, version, kind, name, code, area_code, parent_id, catchment, lat, lng, example_data"

_INSERT = """
INSERT INTO facility (id, version, kind, name, search, code, area_code, parent_id, catchment, lat, lng, example_data,
                      registered_at)
SELECT id, 1, kind, name, search, code, area, parent, string_to_array(catchment, ','), lat, lng, example, now()
FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::uuid[], $8::text[],
            $9::float8[], $10::float8[], $11::bool[])
     AS t (id, kind, name, search, code, area, parent, catchment, lat, lng, example)
ON CONFLICT DO NOTHING RETURNING id
"""


class FacilityRow(NamedTuple):
    """A facility to insert; `catchment` is joined by commas."""

    id: UUID
    kind: Kind
    name: str
    search: str
    code: str | None
    area_code: str
    parent_id: UUID | None
    catchment: str
    lat: float | None
    lng: float | None
    example_data: bool


class FacilityFilter(NamedTuple):
    """What a list keeps."""

    area: str | None
    kind: str | None
    parent: UUID | None
    serves: str | None
    q: str | None


async def insert_facilities(conn: Connection, rows: Sequence[FacilityRow]) -> set[UUID]:
    """Insert facilities; returns the ids of those whose id and code were free."""
    if not rows:
        return set()
    done = await conn.fetch(_INSERT, *(list(column) for column in zip(*rows, strict=True)))
    return {row["id"] for row in done}


async def facilities_with(conn: Connection, ids: Collection[UUID], codes: Collection[str] = ()) -> list[asyncpg.Record]:
    """Return id, kind, code and area_code of facilities with one of these ids or codes."""
    return await conn.fetch(
        "SELECT id, kind, code, area_code FROM facility WHERE id = ANY($1) OR code = ANY($2)", list(ids), list(codes)
    )


async def facilities_matching(
    conn: Connection, kept: FacilityFilter, after: tuple[str, UUID] | None, limit: int
) -> list[asyncpg.Record]:
    """Return facilities by name, then id."""
    found = _conditions(kept)
    if after is not None:
        found.add("(search, id) > ({}, {})", *after)
    bound = found.bind(limit)
    return await conn.fetch(
        f"SELECT {_COLUMNS}, search FROM facility WHERE {found.where} ORDER BY search, id LIMIT {bound}", *found.args
    )


async def count_facilities(conn: Connection, kept: FacilityFilter) -> int:
    """Return how many facilities a list has in all."""
    found = _conditions(kept)
    return int(await conn.fetchval(f"SELECT count(*) FROM facility WHERE {found.where}", *found.args))


def _conditions(kept: FacilityFilter) -> Conditions:
    found = Conditions()
    if kept.area is not None:
        found.within("area_code", [kept.area])
    if kept.kind is not None:
        found.add("kind = {}", kept.kind)
    if kept.parent is not None:
        found.add("parent_id = {}", kept.parent)
    if kept.serves is not None:
        found.add("catchment @> ARRAY[{}]", kept.serves)
    if kept.q is not None:
        key = search_key(kept.q)
        found.add("((search LIKE {} AND {} <> '') OR code = {})", f"%{key}%", key, kept.q)
    return found


async def facility(conn: Connection, facility_id: UUID) -> asyncpg.Record | None:
    """Return one facility."""
    return await conn.fetchrow(f"SELECT {_COLUMNS} FROM facility WHERE id = $1", facility_id)


async def network_of(conn: Connection, facility_id: UUID) -> dict[str, int]:
    """Return the number of facilities of each kind directly below one."""
    rows = await conn.fetch("SELECT kind, count(*) FROM facility WHERE parent_id = $1 GROUP BY kind", facility_id)
    return {row["kind"]: row["count"] for row in rows}
