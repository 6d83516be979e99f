"""Reads monitoring's tables in one snapshot, and writes the row of a finished recount."""

import json
from collections.abc import Mapping
from dataclasses import dataclass

import asyncpg

from ilp_monitoring.recount.findings import Report

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


@dataclass(frozen=True)
class Stored:
    """Monitoring's tables at one moment, and how far it has applied each domain (domain → shard → sequence)."""

    positions: dict[str, dict[int, int]]
    parked: int
    tables: dict[str, Table]
    snapshot: str
    """Name by which another connection sees the same moment, for as long as this one's transaction is open."""


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
        async for row in conn.cursor(statement, prefetch=5_000):
            values = tuple(row)
            if any(values[width:]):
                table[values[:width]] = values[width:]
        tables[name] = table
    return Stored(positions, parked, tables, await conn.fetchval("SELECT pg_export_snapshot()"))


async def write_run(conn: asyncpg.Connection, report: Report) -> None:
    """Store the report as a row of `monitoring.recount_run`."""
    await conn.execute(
        "INSERT INTO monitoring.recount_run (at, cells, events, differences, duration_s, detail)"
        " VALUES ($1, $2, $3, $4, $5, $6)",
        report.at,
        sum(report.cells.values()),
        sum(report.events.values()),
        report.differences,
        report.duration_s,
        json.dumps(report.as_dict()),
    )
