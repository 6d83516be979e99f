"""One recount from start to end: cut, read, count, compare, store the result.

The cut is consistent: monitoring's cells and positions come from one snapshot, and an archive read after it holds
at least what those positions say.
"""

import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from tempfile import TemporaryFile
from typing import TextIO

import asyncpg

from ilp_monitoring.recount import counting, history, monitoring_repository, targets
from ilp_monitoring.recount.archive_repository import read_archive
from ilp_monitoring.recount.comparing import compare
from ilp_monitoring.recount.expecting import Expecting
from ilp_monitoring.recount.findings import Finding, Report
from ilp_monitoring.recount.history import History
from ilp_monitoring.recount.monitoring_repository import Stored
from ilp_monitoring.recount.readers import ReadShown, Unreadable, compare_shown, read_shown


@dataclass(frozen=True)
class Urls:
    """PostgreSQL addresses of the four databases; each holds the schema of its service's name."""

    registry: str
    screening: str
    cluster_services: str
    monitoring: str


@asynccontextmanager
async def _snapshot(url: str) -> AsyncIterator[asyncpg.Connection]:
    conn = await asyncpg.connect(url, timeout=10)
    try:
        async with conn.transaction(isolation="repeatable_read", readonly=True):
            yield conn
    finally:
        await conn.close()


async def recount(urls: Urls, reader: ReadShown = read_shown) -> Report:
    """Recount everything and store the result in `monitoring.recount_run`; raises asyncpg's errors or OSError.

    `reader` yields what readers are given, in a snapshot of monitoring's database.
    """
    started = time.perf_counter()
    report = Report(at=datetime.now(UTC))
    with TemporaryFile("w+", encoding="utf-8") as lines:
        await _recount(urls, reader, lines, report)
    report.duration_s = time.perf_counter() - started
    conn = await asyncpg.connect(urls.monitoring, timeout=10)
    try:
        await monitoring_repository.write_run(conn, report)
    finally:
        await conn.close()
    return report


async def _recount(urls: Urls, reader: ReadShown, lines: TextIO, report: Report) -> None:
    """Read the numbers as stored and as shown, count them from the archives, compare."""
    async with _snapshot(urls.monitoring) as conn:
        stored = await monitoring_repository.read_stored(conn)
        try:
            async for row in reader(urls.monitoring, stored.snapshot):
                lines.write(json.dumps(row) + "\n")
        except Unreadable as error:
            report.add(Finding("shown_unreadable", "monitoring", "0", str(error)))
    report.parked = stored.parked
    if stored.parked:
        report.add(Finding("parked", "monitoring", "0", str(stored.parked)))
    past = await _read_archives(urls, stored, report)
    recounted = _compare(past, stored, report)
    lines.seek(0)
    regencies = {tree.root for _, tree in past.trees.values() if tree is not None}
    expecting = Expecting(recounted, regencies, counting.count_arrivals(past))
    report.cells["shown"] = compare_shown(expecting, map(json.loads, lines), report.add)


async def _read_archives(urls: Urls, stored: Stored, report: Report) -> History:
    past = History()
    for domain, schema, url, types in (
        ("registry", "registry", urls.registry, history.REGISTRY_TYPES),
        ("screening", "screening", urls.screening, history.SCREENING_TYPES),
        ("cluster", "cluster_services", urls.cluster_services, history.CLUSTER_TYPES),
    ):
        read = 0
        async with _snapshot(url) as conn:
            async for event in read_archive(conn, schema, stored.positions.get(domain, {}), types, report.add):
                past.learn(event)
                read += 1
        report.events[domain] = read
    return past


def _compare(past: History, stored: Stored, report: Report) -> dict[str, counting.Numbers]:
    """Compare the stored tables; returns what they must be."""
    recounted = {
        "cell": counting.count_cells(past),
        "population": counting.count_residents(past),
        "completeness": counting.count_completeness(past),
        "task_count": counting.count_tasks(past),
        "first_in_year": counting.count_firsts(past),
        "posyandu_count": counting.count_posyandu(past),
        "sasaran": targets.count_targets(past),
    }
    for table, expected in recounted.items():
        report.cells[table] = compare(table, expected, stored.tables[table], report.add)
    return recounted
