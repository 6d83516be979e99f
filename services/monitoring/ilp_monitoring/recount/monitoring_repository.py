"""Reads monitoring's tables in one snapshot, and writes the row of a finished recount."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import asyncpg

from ilp_monitoring.recount.findings import Report
from ilp_monitoring.recount.parts import Comparison, Parts

Key = tuple[str, ...]
Table = dict[Key, tuple[int, ...]]

_TABLES: Mapping[str, tuple[str, int]] = {
    "cell": ("SELECT indicator, period, area_code, numerator, denominator FROM monitoring.cell", 3),
    "population": ("SELECT area_code, birth_month, sex, n FROM monitoring.population", 3),
    "completeness": ("SELECT period, area_code, expected, reported FROM monitoring.completeness", 2),
    "task_count": ("SELECT area_code, period, due_day, open, done FROM monitoring.task_count", 3),
    "first_in_year": ("SELECT area_code, period, indicator, n FROM monitoring.first_in_year", 3),
    "posyandu_count": ("SELECT area_code, n FROM monitoring.posyandu_count", 1),
    "sasaran": ("SELECT area_code, population_group, n FROM monitoring.sasaran", 2),
}
_RUN = """
INSERT INTO monitoring.recount_run
    (at, cells, events, differences, duration_s, detail, regencies, regencies_compared, all_since)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
"""
_LATEST = " ORDER BY at DESC, id DESC LIMIT 1"
"""The run that began last: one of hours may end after a newer one."""
_LOCK = "LOCK TABLE monitoring.recount_part IN SHARE ROW EXCLUSIVE MODE"
_FORGET = "DELETE FROM monitoring.recount_part WHERE code <> ALL($1::text[]) AND differences = 0 AND at <= $2"
_COMPARED = """
INSERT INTO monitoring.recount_part AS known (code, at, differences)
SELECT regency.code, $2, regency.differences FROM unnest($1::text[], $3::bigint[]) AS regency (code, differences)
ON CONFLICT (code) DO UPDATE SET at = excluded.at, differences = excluded.differences WHERE known.at <= excluded.at
"""
_ROWS = 5_000
_DOMAINS = ("registry", "screening", "cluster")
_LEAST = 6 * len(_DOMAINS)
"""The fewest Kafka partitions: `checked_at` is known once every one that there is was read through some instant."""


@dataclass(frozen=True)
class Stored:
    """Monitoring's tables at one moment, and how far it has applied each domain (domain → shard → sequence)."""

    positions: dict[str, dict[int, int]]
    parked: int
    tables: dict[str, Table]
    snapshot: str
    """Name by which another connection sees the same moment, for as long as this one's transaction is open."""
    progress: dict[str, object]
    """How far the numbers are and when they were last recounted, in the words of a situation."""
    published: list[str]
    """Codes of all areas that are shown."""
    comparisons: dict[str, Comparison]
    """The last comparison of each regency that was compared."""


async def read_stored(conn: asyncpg.Connection) -> Stored:
    """Read positions, parked events and all compared tables; needs a repeatable-read transaction.

    Rows whose values are all zero are left out: a cell of 0/0 means the same as no cell.
    """
    positions: dict[str, dict[int, int]] = {}
    for row in await conn.fetch("SELECT domain, shard, last FROM monitoring.position"):
        positions.setdefault(row["domain"], {})[row["shard"]] = row["last"]
    parked: int = await conn.fetchval("SELECT count(*) FROM monitoring.parked")
    tables: dict[str, Table] = {}
    for name, (statement, width) in _TABLES.items():
        table: Table = {}
        cursor = await conn.cursor(statement)
        while rows := await cursor.fetch(_ROWS):
            table |= {values[:width]: values[width:] for values in map(tuple, rows) if any(values[width:])}
        tables[name] = table
    snapshot: str = await conn.fetchval("SELECT pg_export_snapshot()")
    published = [row["code"] for row in await conn.fetch("SELECT code FROM monitoring.area")]
    progress = {"parked": parked, **await _read_progress(conn)}
    return Stored(positions, parked, tables, snapshot, progress, published, await _read_comparisons(conn))


async def _read_comparisons(conn: asyncpg.Connection) -> dict[str, Comparison]:
    rows = await conn.fetch("SELECT code, at, differences FROM monitoring.recount_part")
    return {row["code"]: Comparison(row["at"], row["differences"]) for row in rows}


async def _read_progress(conn: asyncpg.Connection) -> dict[str, object]:
    """Return sequence, newest event, until when everything is applied, and the last recount."""
    clock = await conn.fetchrow("SELECT sequence, as_of FROM monitoring.projection_clock")
    last = await conn.fetchrow("SELECT at, cells, differences FROM monitoring.recount_run" + _LATEST)
    seen = await conn.fetch("SELECT through FROM monitoring.partition_seen WHERE domain = ANY($1)", list(_DOMAINS))
    instants = [row["through"] for row in seen if row["through"] is not None]
    return {
        "sequence": clock["sequence"] if clock else None,
        "as_of": _written(clock["as_of"] if clock else None),
        "checked_at": _written(min(instants) if len(instants) == len(seen) >= _LEAST else None),
        "recount": {**dict(last), "at": _written(last["at"])} if last else None,
    }


def _written(instant: datetime | None) -> str | None:
    """Return an instant as JSON has it: ISO 8601 in UTC, with Z."""
    return None if instant is None else instant.astimezone(UTC).isoformat().replace("+00:00", "Z")


async def read_day(conn: asyncpg.Connection) -> str:
    """Return which day it is in Jakarta by the database's clock, now."""
    now: datetime = await conn.fetchval("SELECT clock_timestamp()")
    return (now.astimezone(UTC) + timedelta(hours=7)).date().isoformat()


async def claim_comparisons(conn: asyncpg.Connection) -> dict[str, Comparison]:
    """Return the last comparison of each regency, also by runs that ended meanwhile; needs a transaction.

    No other run writes until that transaction ends.
    """
    await conn.execute(_LOCK)
    return await _read_comparisons(conn)


async def write_run(conn: asyncpg.Connection, report: Report, parts: Parts) -> None:
    """Store the report as a row of `monitoring.recount_run`, and the comparison of each regency; needs a transaction.

    Regencies that are neither published nor have cells go, except those that differed: a projection that is being
    rebuilt knows none of them. What a run found that began later stays.
    """
    await conn.execute(
        _RUN,
        report.at,
        sum(report.cells.values()),
        sum(report.events.values()),
        report.differences,
        report.duration_s,
        json.dumps(report.as_dict()),
        report.regencies,
        report.regencies_compared,
        report.all_since,
    )
    await conn.execute(_FORGET, list(parts.regencies), report.at)
    comparisons = parts.comparisons(report.at)
    await conn.execute(
        _COMPARED, list(comparisons), report.at, [comparison.differences for comparison in comparisons.values()]
    )
