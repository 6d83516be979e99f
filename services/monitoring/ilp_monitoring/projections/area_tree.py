"""SQL of area trees and of the sizes stored for their villages: all trees of a batch at once."""

from collections.abc import Mapping, Sequence
from typing import Final

from ilp_monitoring.projections.cells import Key, Pair
from ilp_shared.areas import NATION
from ilp_shared.db.connection import Connection
from ilp_shared.events.registry.v1 import AreaNode

_CLAIM: Final = """
INSERT INTO area_tree AS t (root, version) SELECT * FROM unnest($1::text[], $2::int[])
ON CONFLICT (root) DO UPDATE SET version = excluded.version WHERE t.version < excluded.version
RETURNING root
"""
# A regency's code is the first five characters of the codes below it.
_SIZES: Final = """
SELECT s.area_code, s.population_group, s.n
FROM area a JOIN sasaran s ON s.area_code = a.code
WHERE left(a.code, 5) = ANY($1::text[]) AND a.level = 'village'
"""
_REMOVE: Final = """
DELETE FROM area a WHERE left(a.code, 5) = ANY($1::text[]) AND length(a.code) > 5
AND NOT EXISTS (SELECT 1 FROM unnest($2::text[]) AS published (code) WHERE published.code = a.code)
"""
_STORE: Final = """
INSERT INTO area (code, name, level, kind, parent_code, lat, lng)
SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::float8[], $7::float8[])
ON CONFLICT (code) DO UPDATE
SET name = excluded.name, level = excluded.level, kind = excluded.kind, parent_code = excluded.parent_code,
    lat = excluded.lat, lng = excluded.lng
"""


async def claim_trees(conn: Connection, versions: Mapping[str, int]) -> list[str]:
    """Store the versions of trees by their regency; returns the regencies whose tree is newer than the stored one."""
    roots = sorted(versions)
    return [row["root"] for row in await conn.fetch(_CLAIM, roots, [versions[root] for root in roots])]


async def stored_sizes(conn: Connection, regencies: Sequence[str]) -> dict[Key, Pair]:
    """Return (village, population group) → (projected persons, 0) of the villages known below regencies."""
    return {(row[0], row[1]): (row[2], 0) for row in await conn.fetch(_SIZES, regencies)}


async def replace_areas(conn: Connection, regencies: Sequence[str], areas: Sequence[AreaNode]) -> None:
    """Make the areas below regencies those given; provinces and the regencies themselves are updated."""
    rows = sorted(
        {a.code: (a.code, a.name, a.level, a.kind, a.parent_code or NATION, a.lat, a.lng) for a in areas}.values()
    )
    await conn.execute(_REMOVE, regencies, [row[0] for row in rows])
    await conn.execute(_STORE, *(list(column) for column in zip(*rows, strict=True)))
