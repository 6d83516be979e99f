"""SQL of area trees and of the sizes stored for their villages. Called by `areas.py`."""

from collections.abc import Sequence

from ilp_monitoring.rules.rollup import Key, Pair
from ilp_shared.db.connection import Connection
from ilp_shared.events.registry.v1 import AreaTreePublished

_TREE = """
INSERT INTO area_tree AS t (root, version) VALUES ($1, $2)
ON CONFLICT (root) DO UPDATE SET version = excluded.version WHERE t.version < excluded.version
RETURNING true
"""
_STORE = """
INSERT INTO area (code, name, level, kind, parent_code, lat, lng)
SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::float8[], $7::float8[])
ON CONFLICT (code) DO UPDATE
SET name = excluded.name, level = excluded.level, kind = excluded.kind, parent_code = excluded.parent_code,
    lat = excluded.lat, lng = excluded.lng
"""
_REMOVE = "DELETE FROM area WHERE starts_with(code, $1 || '.') AND code <> ALL($2::text[])"
_VILLAGES = "SELECT code FROM area WHERE starts_with(code, $1 || '.') AND level = 'village'"
_SIZES = "SELECT area_code, population_group, n FROM sasaran WHERE area_code = ANY($1::text[])"


async def claim_tree(conn: Connection, root: str, version: int) -> bool:
    """Note a tree's version; tells whether it is newer than what was known."""
    return bool(await conn.fetchval(_TREE, root, version))


async def known_villages(conn: Connection, root: str) -> list[str]:
    """Return the codes of the villages known below a regency."""
    return [row["code"] for row in await conn.fetch(_VILLAGES, root)]


async def replace_tree(conn: Connection, tree: AreaTreePublished) -> None:
    """Make the areas below a regency those of the tree; its province and itself are brought up to date."""
    rows = sorted(
        {a.code: (a.code, a.name, a.level, a.kind, a.parent_code or "id", a.lat, a.lng) for a in tree.areas}.values()
    )
    await conn.execute(_REMOVE, tree.root, [row[0] for row in rows])
    await conn.execute(_STORE, *(list(column) for column in zip(*rows, strict=True)))


async def stored_sizes(conn: Connection, villages: Sequence[str]) -> dict[Key, Pair]:
    """Return (village, population group) → (projected persons, 0)."""
    return {(row[0], row[1]): (row[2], 0) for row in await conn.fetch(_SIZES, villages)}
