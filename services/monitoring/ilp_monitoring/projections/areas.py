"""Published area trees → `area`, and the projected sasaran of their villages. Called by the projection.

A tree replaces its regency's subtree; there is one per regency, so this part works tree by tree.
"""

from collections.abc import Sequence

from ilp_monitoring.rules.rollup import Deltas, Key, Pair, difference
from ilp_monitoring.rules.sasaran import split_evenly
from ilp_monitoring.sasaran.loader import regency_sizes
from ilp_shared.bus.envelope import Event
from ilp_shared.db.connection import Connection
from ilp_shared.events.registry.v1 import AreaTreePublished

_TREE = """
INSERT INTO area_tree AS t (root, version) VALUES ($1, $2)
ON CONFLICT (root) DO UPDATE SET version = excluded.version WHERE t.version < excluded.version
RETURNING 1
"""
_STORE = """
INSERT INTO area (code, name, level, kind, parent_code, lat, lng)
SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::float8[], $7::float8[])
ON CONFLICT (code) DO UPDATE
SET name = excluded.name, level = excluded.level, kind = excluded.kind, parent_code = excluded.parent_code,
    lat = excluded.lat, lng = excluded.lng
"""
_VILLAGES = "SELECT code FROM area WHERE starts_with(code, $1 || '.') AND level = 'village'"
_REMOVE = "DELETE FROM area WHERE starts_with(code, $1 || '.') AND code <> ALL($2::text[])"
_SIZES = "SELECT area_code, population_group, n FROM sasaran WHERE area_code = ANY($1::text[])"


async def apply(conn: Connection, events: Sequence[Event]) -> Deltas:
    """Apply tree events; returns the differences of sasaran keyed (village, population group)."""
    newest: dict[str, tuple[int, AreaTreePublished]] = {}
    for event in sorted(events, key=lambda event: event.aggregate_version):
        if isinstance(event.data, AreaTreePublished):
            newest[event.data.root] = (event.aggregate_version, event.data)
    total = Deltas()
    for root, (version, tree) in sorted(newest.items()):
        if await conn.fetchval(_TREE, root, version):
            known = [row["code"] for row in await conn.fetch(_VILLAGES, root)]
            await _replace(conn, tree)
            await _project(conn, tree, known, total)
    return total


async def _replace(conn: Connection, tree: AreaTreePublished) -> None:
    rows = sorted(
        {a.code: (a.code, a.name, a.level, a.kind, a.parent_code or "id", a.lat, a.lng) for a in tree.areas}.values()
    )
    await conn.execute(_REMOVE, tree.root, [row[0] for row in rows])
    await conn.execute(_STORE, *(list(column) for column in zip(*rows, strict=True)))


async def _project(conn: Connection, tree: AreaTreePublished, known: Sequence[str], total: Deltas) -> None:
    villages = [area.code for area in tree.areas if area.level == "village"]
    stored: dict[Key, Pair] = {(row[0], row[1]): (row[2], 0) for row in await conn.fetch(_SIZES, known)}
    wanted: dict[Key, Pair] = {
        (village, group): (n, 0)
        for group, size in regency_sizes(tree.root).items()
        for village, n in split_evenly(size, villages).items()
    }
    total.merge(difference(stored, wanted))
