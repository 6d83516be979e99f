"""Reads one service's event archive up to a cut, as a stream, and checks that nothing is missing or doubled.

The cut is the last sequence of each shard that monitoring has applied.
"""

import json
from collections.abc import AsyncIterator, Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg

from ilp_monitoring.recount.findings import Finding

_PREFETCH = 2_000

_EVENTS = """
SELECT sequence, aggregate_id, aggregate_version, type, occurred_at, recorded_at,
       CASE WHEN type = ANY($3) THEN data END AS data
FROM {schema}.event_log WHERE shard = $1 AND sequence <= $2 ORDER BY sequence, id
"""


@dataclass(frozen=True, slots=True)
class Archived:
    """One event of an archive; `data` is empty for types that are not counted."""

    aggregate_id: UUID
    version: int
    type: str
    occurred_at: datetime
    recorded_at: datetime
    data: dict[str, Any]


async def read_archive(
    conn: asyncpg.Connection,
    schema: str,
    cut: Mapping[int, int],
    types: Collection[str],
    complain: Callable[[Finding], None],
) -> AsyncIterator[Archived]:
    """Yield the events of every shard with sequence ≤ its cut, in order; the payload only of some `types`.

    Needs a repeatable-read transaction. Complains about sequences missing or given twice, and about aggregate versions
    that do not count 1, 2, 3 …
    """
    versions: dict[UUID, int] = {}
    statement = _EVENTS.format(schema=schema)
    for shard, last in sorted(cut.items()):
        reached = 0
        async for row in conn.cursor(statement, shard, last, list(types), prefetch=_PREFETCH):
            sequence, aggregate, version = row["sequence"], row["aggregate_id"], row["aggregate_version"]
            where = f"{schema} shard {shard}"
            if sequence == reached:
                complain(Finding("sequence_twice", where, str(reached + 1), str(sequence)))
            elif sequence != reached + 1:
                complain(Finding("sequence_missing", where, str(reached + 1), str(sequence)))
            reached = sequence
            before = versions.get(aggregate, 0)
            if version != before + 1:
                complain(Finding("version_gap", f"{schema} aggregate {aggregate}", str(before + 1), str(version)))
            versions[aggregate] = max(before, version)
            data = json.loads(row["data"]) if row["data"] is not None else {}
            yield Archived(aggregate, version, row["type"], row["occurred_at"], row["recorded_at"], data)
        if reached < last:
            complain(Finding("position_ahead", f"{schema} shard {shard}", str(reached), str(last)))
