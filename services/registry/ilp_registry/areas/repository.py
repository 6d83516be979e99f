"""SQL of areas."""

import re
from collections.abc import Collection, Sequence
from typing import NamedTuple

import asyncpg

from ilp_registry.rules.names import search_key, search_terms
from ilp_shared.db.connection import Connection
from ilp_shared.db.scoped import Conditions
from ilp_shared.events.registry.v1 import AreaRegistered
from ilp_shared.scalars import folded_area

_COLUMNS = "a.code, a.name, a.level, a.kind, a.parent_code, a.lat, a.lng"
_DEPTH = "(length(a.code) - length(replace(a.code, '.', '')))::text"
_CODE = re.compile(r"[0-9]{1,2}(\.[A-Za-z0-9.-]*)?")
_SHORT = 3
"""A search key shorter than this is compared with beginnings of names only."""


class AreaFilter(NamedTuple):
    """Filters of a list: a subtree, a level, and a name or the beginning of a code."""

    area: str | None
    level: str | None
    q: str | None


async def areas_matching(
    conn: Connection, filters: AreaFilter, after: str | None, limit: int
) -> Sequence[asyncpg.Record]:
    """Return areas with their sort key `key`: by code, or best match first when `q` is a name."""
    conditions = Conditions()
    source, key = _source(conditions, filters)
    if after is not None:
        conditions.add(f"{key} > {{}}", after)
    bound = conditions.bind(limit)
    return await conn.fetch(
        f"SELECT {_COLUMNS}, {key} AS key FROM {source} WHERE {conditions.where} ORDER BY key LIMIT {bound}",
        *conditions.args,
    )


async def count_areas(conn: Connection, filters: AreaFilter) -> int:
    """Return how many areas a list has in all."""
    conditions = Conditions()
    source, _ = _source(conditions, filters)
    return int(await conn.fetchval(f"SELECT count(*) FROM {source} WHERE {conditions.where}", *conditions.args))


def _source(conditions: Conditions, filters: AreaFilter) -> tuple[str, str]:
    """Add the conditions of the filters; returns the FROM clause and the expression of the sort key."""
    source, key = "area a", "a.code"
    if filters.q is not None and _CODE.fullmatch(filters.q):
        beginning = folded_area(filters.q)
        conditions.add("a.code >= {} AND a.code < {}", beginning, f"{beginning}~")
    elif filters.q is not None:
        source = f"({_hits(conditions, search_key(filters.q))}) h JOIN area a USING (code)"
        key = f'(h.rank || {_DEPTH} || a.code) COLLATE "C"'
    if filters.area is not None:
        conditions.within("a.code", [filters.area])
    if filters.level is not None:
        conditions.add("a.level = {}", filters.level)
    return source, key


def _hits(conditions: Conditions, term: str) -> str:
    """Return the query of the areas whose names match: rank 0 for the whole name, 1 for its beginning, 2 inside it."""
    exact = conditions.bind(term)
    match = f"t.term >= {exact} AND t.term < {exact} || '~'"
    if len(term) >= _SHORT:
        match = f"t.term LIKE {conditions.bind(f'%{term}%')}"
    rank = f"CASE WHEN t.term = {exact} THEN '0' WHEN starts_with(t.term, {exact}) THEN '1' ELSE '2' END"
    return f"SELECT t.code, min({rank}) AS rank FROM area_term t WHERE {match} GROUP BY t.code"


async def levels_of(conn: Connection, codes: Collection[str]) -> dict[str, str]:
    """Return the level of each of these areas that exists."""
    rows = await conn.fetch("SELECT code, level FROM area WHERE code = ANY($1)", list(codes))
    return {row["code"]: row["level"] for row in rows}


async def areas_by_code(conn: Connection, codes: Sequence[str]) -> list[asyncpg.Record]:
    """Return areas in the order of their codes."""
    return await conn.fetch(f"SELECT {_COLUMNS} FROM area a WHERE code = ANY($1) ORDER BY code", list(codes))


async def count_children(conn: Connection, code: str | None) -> int:
    """Return the number of direct children of an area; None means the nation."""
    return int(await conn.fetchval("SELECT count(*) FROM area WHERE parent_code IS NOT DISTINCT FROM $1", code))


async def aliases_of(conn: Connection, code: str) -> list[asyncpg.Record]:
    """Return the other names of an area."""
    return await conn.fetch("SELECT name, source FROM area_alias WHERE code = $1 ORDER BY name", code)


async def insert_area(conn: Connection, area: AreaRegistered, dataset: str) -> bool:
    """Insert an area below a village with its search keys; False when its code is taken."""
    inserted = await conn.fetchval(
        "INSERT INTO area (code, name, level, kind, parent_code, lat, lng, dataset)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT DO NOTHING RETURNING true",
        area.code,
        area.name,
        area.level,
        area.kind,
        area.parent_code,
        area.lat,
        area.lng,
        dataset,
    )
    if inserted:
        for term in search_terms(area.name):
            await conn.execute("INSERT INTO area_term (term, code) VALUES ($1, $2)", term, area.code)
    return bool(inserted)
