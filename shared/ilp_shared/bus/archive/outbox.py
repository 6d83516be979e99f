"""SQL of the relay: give sequences to new events, read what is to be sent (again), store what Kafka acknowledged.

All of it runs in the relay's transaction, after the lease was renewed in it.
"""

from collections.abc import Mapping, Sequence
from uuid import UUID

import asyncpg

from ilp_shared.db.connection import Connection

# New rows are found by `sequence IS NULL`, never by `id > last`: a slow transaction may commit a lower id later.
_ASSIGN = """
WITH todo AS (
    SELECT id, recorded_at, shard, row_number() OVER (PARTITION BY shard ORDER BY id) AS n
    FROM (SELECT id, recorded_at, shard FROM event_log WHERE sequence IS NULL ORDER BY id LIMIT $1) AS unsent
), moved AS (
    UPDATE relay_shard AS r SET assigned = r.assigned + c.n
    FROM (SELECT shard, count(*) AS n FROM todo GROUP BY shard) AS c
    WHERE r.shard = c.shard RETURNING r.shard, r.assigned - c.n AS base
)
UPDATE event_log AS e SET sequence = m.base + t.n
FROM todo AS t JOIN moved AS m USING (shard)
WHERE e.id = t.id AND e.recorded_at = t.recorded_at
RETURNING e.*
"""
_ABOVE = """
SELECT e.* FROM unnest($1::smallint[], $2::bigint[]) AS c (shard, after)
CROSS JOIN LATERAL (
    SELECT * FROM event_log AS e WHERE e.shard = c.shard AND e.sequence > c.after ORDER BY e.sequence LIMIT $3
) AS e
"""
_MARK = """
UPDATE relay_shard AS r SET published = d.last
FROM unnest($1::smallint[], $2::bigint[]) AS d (shard, last) WHERE r.shard = d.shard
"""
_OLDEST = """
SELECT extract(epoch FROM clock_timestamp() - min(recorded_at)) FROM (
    (SELECT recorded_at FROM event_log WHERE sequence IS NULL ORDER BY id LIMIT 1)
    UNION ALL
    SELECT e.recorded_at FROM relay_shard AS r CROSS JOIN LATERAL (
        SELECT recorded_at FROM event_log AS e
        WHERE r.assigned > r.published AND e.shard = r.shard AND e.sequence > r.published ORDER BY e.sequence LIMIT 1
    ) AS e
) AS first
"""


async def read_shards(conn: Connection) -> tuple[dict[int, int], dict[int, int]]:
    """Return the last assigned and the last published sequence by shard."""
    rows = await conn.fetch("SELECT shard, assigned, published FROM relay_shard")
    return {r["shard"]: r["assigned"] for r in rows}, {r["shard"]: r["published"] for r in rows}


async def assign(conn: Connection, limit: int) -> list[asyncpg.Record]:
    """Give the next sequences to up to `limit` events; return these in sequence order per shard."""
    rows = await conn.fetch(_ASSIGN, limit)
    return sorted(rows, key=lambda row: (row["shard"], row["sequence"]))


async def read_above(conn: Connection, after: Mapping[int, int], per_shard: int) -> list[asyncpg.Record]:
    """Return archived events above the given sequence of each given shard, in order."""
    if not after:
        return []
    rows = await conn.fetch(_ABOVE, list(after), list(after.values()), per_shard)
    return sorted(rows, key=lambda row: (row["shard"], row["sequence"]))


async def mark_published(conn: Connection, last: Mapping[int, int]) -> None:
    """Store the last published sequence of shards (a replay may move it back)."""
    if last:
        await conn.execute(_MARK, list(last), list(last.values()))


async def count_unpublished(conn: Connection) -> int:
    """Count events of the archive that Kafka has not acknowledged."""
    waiting = await conn.fetchval("SELECT coalesce(sum(assigned - published), 0) FROM relay_shard")
    unsent = await conn.fetchval("SELECT count(*) FROM event_log WHERE sequence IS NULL")
    return int(waiting) + int(unsent)


async def oldest_unpublished_s(conn: Connection) -> float:
    """Return the age in seconds, by the database's clock, of the oldest event that Kafka has not acknowledged."""
    age = await conn.fetchval(_OLDEST)
    return max(0.0, float(age or 0))


async def archived(conn: Connection, event_ids: Sequence[UUID]) -> set[UUID]:
    """Return which of the given events the archive has."""
    rows = await conn.fetch("SELECT event_id FROM event_log WHERE event_id = ANY($1)", event_ids)
    return {row["event_id"] for row in rows}
