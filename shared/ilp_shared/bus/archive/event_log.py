"""The archive of a service's events: outbox, replay source and feed in one table, `event_log`.

Events are appended in the transaction of the state change (`unit.py`). The relay gives them their sequence later; until
then the feed does not show them.
"""

from collections.abc import Mapping, Sequence

import asyncpg

from ilp_shared.bus.contract.envelope import NewEvent, shard_of
from ilp_shared.db.connection import Connection
from ilp_shared.db.scoped import Conditions

_APPEND = """
INSERT INTO event_log (event_id, type, aggregate_id, aggregate_version, shard, key, area_code, facility_id,
                       policy_version, occurred_at, traceparent, data)
SELECT * FROM unnest($1::uuid[], $2::text[], $3::uuid[], $4::int[], $5::smallint[], $6::text[], $7::text[],
                     $8::uuid[], $9::text[], $10::timestamptz[], $11::text[], $12::text[])
"""

Row = Mapping[str, object]


async def append(conn: Connection, events: Sequence[NewEvent]) -> None:
    """Append events in order; the caller holds the row lock of each aggregate, so ids follow versions."""
    if not events:
        return
    columns = zip(
        *(
            (
                e.event_id,
                e.data.TYPE,
                e.aggregate_id,
                e.aggregate_version,
                shard_of(e.key),
                e.key,
                e.area_code,
                e.facility_id,
                e.policy_version,
                e.occurred_at,
                e.traceparent,
                e.data.model_dump_json(),
            )
            for e in events
        ),
        strict=True,
    )
    await conn.execute(_APPEND, *(list(column) for column in columns))


async def read_feed(conn: Connection, areas: Sequence[str], shard: int, after: int, limit: int) -> list[asyncpg.Record]:
    """Return events of one shard above a sequence that concern the given areas, in order, as archive rows."""
    conditions = Conditions()
    conditions.add("shard = {} AND sequence > {}", shard, after)
    conditions.within("area_code", areas)
    bound = conditions.bind(limit)
    statement = f"SELECT * FROM event_log WHERE {conditions.where} ORDER BY sequence LIMIT {bound}"
    rows: list[asyncpg.Record] = await conn.fetch(statement, *conditions.args)
    return rows
