"""SQL of facilities. Posyandu and pustu may be registered by the hundred: inserts are set-based."""

from collections.abc import Collection, Sequence
from typing import Final, NamedTuple
from uuid import UUID

import asyncpg
import orjson

from ilp_registry.facilities.models import Kind, NewFacility
from ilp_registry.rules.names import search_key
from ilp_shared.db.connection import Connection
from ilp_shared.db.scoped import Conditions

_COLUMNS = "id, version, kind, name, code, area_code, parent_id, catchment, lat, lng, example_data"

_INSERT = """
INSERT INTO facility (id, version, kind, name, search, sort, code, area_code, parent_id, catchment, lat, lng,
                      example_data, registered_at)
SELECT id, 1, kind, name, search, sort, code, area, parent,
       ARRAY(SELECT jsonb_array_elements_text(catchment::jsonb)), lat, lng, example, now()
FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::uuid[],
            $9::text[], $10::float8[], $11::float8[], $12::bool[])
     AS t (id, kind, name, search, sort, code, area, parent, catchment, lat, lng, example)
ON CONFLICT DO NOTHING RETURNING id
"""
_CATCHMENT: Final = NewFacility._fields.index("catchment")
"""The column whose values travel as JSON: `unnest` takes no arrays of arrays of different lengths."""


class FacilityFilter(NamedTuple):
    """Filters of a list."""

    area: str | None
    kind: Kind | None
    parent: UUID | None
    serves: str | None
    q: str | None


async def insert_facilities(conn: Connection, facilities: Collection[NewFacility]) -> set[UUID]:
    """Insert facilities; returns the ids of those whose id and code were free."""
    if not facilities:
        return set()
    columns = [list(column) for column in zip(*facilities, strict=True)]
    columns[_CATCHMENT] = [orjson.dumps(codes).decode() for codes in columns[_CATCHMENT]]
    rows = await conn.fetch(_INSERT, *columns)
    return {row["id"] for row in rows}


async def facilities_with(conn: Connection, ids: Collection[UUID], codes: Collection[str] = ()) -> list[asyncpg.Record]:
    """Return id, kind, code and area_code of facilities with one of these ids or codes."""
    return await conn.fetch(
        "SELECT id, kind, code, area_code FROM facility WHERE id = ANY($1) OR code = ANY($2)", list(ids), list(codes)
    )


async def facilities_matching(
    conn: Connection, filters: FacilityFilter, after: tuple[str, UUID] | None, limit: int
) -> Sequence[asyncpg.Record]:
    """Return facilities by name (numbers in it by their value), then id."""
    conditions = _conditions(filters)
    if after is not None:
        conditions.add("(sort, id) > ({}, {})", *after)
    bound = conditions.bind(limit)
    return await conn.fetch(
        f"SELECT {_COLUMNS}, sort FROM facility WHERE {conditions.where} ORDER BY sort, id LIMIT {bound}",
        *conditions.args,
    )


async def count_facilities(conn: Connection, filters: FacilityFilter) -> int:
    """Return how many facilities a list has in all."""
    conditions = _conditions(filters)
    return int(await conn.fetchval(f"SELECT count(*) FROM facility WHERE {conditions.where}", *conditions.args))


def _conditions(filters: FacilityFilter) -> Conditions:
    conditions = Conditions()
    if filters.area is not None:
        conditions.within("area_code", [filters.area])
    if filters.kind is not None:
        conditions.add("kind = {}", filters.kind)
    if filters.parent is not None:
        conditions.add("parent_id = {}", filters.parent)
    if filters.serves is not None:
        conditions.add("catchment @> ARRAY[{}]", filters.serves)
    if filters.q is not None:
        key = search_key(filters.q)
        conditions.add("((search LIKE {} AND {} <> '') OR code = {})", f"%{key}%", key, filters.q.upper())
    return conditions


async def facility_with(conn: Connection, facility_id: UUID) -> asyncpg.Record | None:
    """Return one facility."""
    return await conn.fetchrow(f"SELECT {_COLUMNS} FROM facility WHERE id = $1", facility_id)


async def network_of(conn: Connection, facility_id: UUID) -> dict[str, int]:
    """Return the number of facilities of each kind directly below one."""
    rows = await conn.fetch("SELECT kind, count(*) FROM facility WHERE parent_id = $1 GROUP BY kind", facility_id)
    return {row["kind"]: row["count"] for row in rows}
