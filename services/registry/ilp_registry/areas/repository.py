"""SQL of areas."""

import re
from collections.abc import Collection, Sequence

import asyncpg

from ilp_registry.conditions import Conditions
from ilp_registry.rules.names import search_key, search_terms
from ilp_shared.db.connection import Connection
from ilp_shared.events.registry.v1 import AreaRegistered

_COLUMNS = "a.code, a.name, a.level, a.kind, a.parent_code, a.lat, a.lng"
_DEPTH = "(length(a.code) - length(replace(a.code, '.', '')))::text"
_CODE = re.compile(r"[0-9]{1,2}(\.[A-Za-z0-9.-]*)?")
_SHORT = 3
"""Below this many letters a search looks at beginnings only."""


async def areas_matching(
    conn: Connection, *, area: str | None, level: str | None, q: str | None, after: str | None, limit: int
) -> list[asyncpg.Record]:
    """Return areas with their sort key `key`: by code, or best match first when `q` is a name."""
    found = Conditions()
    source, key = _source(found, area, level, q)
    if after is not None:
        found.add(f"{key} > {{}}", after)
    bound = found.bind(limit)
    return await conn.fetch(
        f"SELECT {_COLUMNS}, {key} AS key FROM {source} WHERE {found.where} ORDER BY key LIMIT {bound}", *found.args
    )


async def count_areas(conn: Connection, *, area: str | None, level: str | None, q: str | None) -> int:
    """Return how many areas a list has in all."""
    found = Conditions()
    source, _ = _source(found, area, level, q)
    return int(await conn.fetchval(f"SELECT count(*) FROM {source} WHERE {found.where}", *found.args))


def _source(found: Conditions, area: str | None, level: str | None, q: str | None) -> tuple[str, str]:
    source, key = "area a", "a.code"
    if q is not None and _CODE.fullmatch(q):
        found.add("a.code >= {} AND a.code < {}", q, f"{q}~")
    elif q is not None:
        wanted = search_key(q)
        exact = found.bind(wanted)
        match = f"t.term >= {exact} AND t.term < {exact} || '~'"
        if len(wanted) >= _SHORT:
            match = f"t.term LIKE {found.bind(f'%{wanted}%')}"
        rank = f"CASE WHEN t.term = {exact} THEN '0' WHEN starts_with(t.term, {exact}) THEN '1' ELSE '2' END"
        hits = f"SELECT t.code, min({rank}) AS rank FROM area_term t WHERE {match} GROUP BY t.code"
        source = f"({hits}) h JOIN area a USING (code)"
        key = f'(h.rank || {_DEPTH} || a.code) COLLATE "C"'
    if area is not None:
        found.within("a.code", [area])
    if level is not None:
        found.add("a.level = {}", level)
    return source, key


async def existing(conn: Connection, codes: Collection[str]) -> dict[str, str]:
    """Return the level of each of these areas that exists."""
    rows = await conn.fetch("SELECT code, level FROM area WHERE code = ANY($1)", list(codes))
    return {row["code"]: row["level"] for row in rows}


async def areas_by_code(conn: Connection, codes: Sequence[str]) -> list[asyncpg.Record]:
    """Return areas in the order of their codes."""
    return await conn.fetch(f"SELECT {_COLUMNS} FROM area a WHERE code = ANY($1) ORDER BY code", list(codes))


async def children_of(conn: Connection, code: str | None) -> int:
    """Return the number of direct children; None stands for the nation."""
    return int(await conn.fetchval("SELECT count(*) FROM area WHERE parent_code IS NOT DISTINCT FROM $1", code))


async def aliases_of(conn: Connection, code: str) -> list[asyncpg.Record]:
    """Return the other names of an area."""
    return await conn.fetch("SELECT name, source FROM area_alias WHERE code = $1 ORDER BY name", code)


async def add_below(conn: Connection, area: AreaRegistered, dataset: str) -> bool:
    """Insert an area below a village; False when its code is taken."""
    done = await conn.fetchval(
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
    if done:
        for term in search_terms(area.name):
            await conn.execute("INSERT INTO area_term (term, code) VALUES ($1, $2)", term, area.code)
    return bool(done)
