"""Dead letters: an event that cannot be applied is stored in the table `parked`; it neither stops others nor is lost.

Once an event of an aggregate is parked, every later event of that aggregate is parked too, which keeps their order.
`unpark` applies them in order once the cause is fixed.
"""

from collections.abc import Iterable
from uuid import UUID

import asyncpg
import orjson

from ilp_shared.bus.contract.envelope import Event, understand
from ilp_shared.db.connection import Connection

_PARK = """
INSERT INTO parked (domain, shard, sequence, event_id, type, aggregate_id, aggregate_version, occurred_at, recorded_at,
                    attributes, value, reason)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
"""


async def park(conn: Connection, event: Event, reason: str) -> None:
    """Store one dead letter, in the transaction that moves the position past it."""
    await conn.execute(
        _PARK,
        event.domain,
        event.shard,
        event.sequence,
        event.event_id,
        event.type,
        event.aggregate_id,
        event.aggregate_version,
        event.occurred_at,
        event.recorded_at,
        orjson.dumps(event.attributes).decode(),
        event.value,
        reason[:500],
    )


async def parked_aggregates(conn: Connection, among: Iterable[UUID]) -> set[UUID]:
    """Return which of the given aggregates have parked events."""
    if not await conn.fetchval("SELECT EXISTS (SELECT FROM parked)"):
        return set()  # the usual case, and far cheaper than sending all ids
    rows = await conn.fetch("SELECT DISTINCT aggregate_id FROM parked WHERE aggregate_id = ANY($1)", list(set(among)))
    return {row["aggregate_id"] for row in rows}


async def count(conn: Connection) -> int:
    """Count parked events."""
    return int(await conn.fetchval("SELECT count(*) FROM parked"))


async def aggregates(conn: Connection) -> list[UUID]:
    """Return all aggregates with parked events, the one that waits longest first."""
    rows = await conn.fetch("SELECT aggregate_id FROM parked GROUP BY aggregate_id ORDER BY min(parked_at)")
    return [row["aggregate_id"] for row in rows]


async def take(conn: Connection, aggregate: UUID) -> list[Event]:
    """Delete and return the parked events of one aggregate, in order, with their payloads read again."""
    rows = await conn.fetch("DELETE FROM parked WHERE aggregate_id = $1 RETURNING *", aggregate)
    return [_event(row) for row in sorted(rows, key=lambda r: (r["domain"], r["sequence"]))]


def _event(row: asyncpg.Record) -> Event:
    data, defect = understand(row["type"], row["value"])
    fields = (
        "event_id",
        "type",
        "domain",
        "shard",
        "sequence",
        "aggregate_id",
        "aggregate_version",
        "occurred_at",
        "recorded_at",
    )
    return Event(
        **{name: row[name] for name in fields},
        attributes=orjson.loads(row["attributes"]),
        value=row["value"],
        data=data,
        defect=defect,
    )
