"""One recount from start to end: cut, read, count, compare, store the result.

The cut is consistent: monitoring's cells and positions come from one snapshot, and an archive read after it holds
at least what those positions say.
"""

import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

import asyncpg

from ilp_monitoring.recount import counting, history, monitoring_repository, targets
from ilp_monitoring.recount.archive_repository import read_archive
from ilp_monitoring.recount.comparing import compare
from ilp_monitoring.recount.findings import Finding, Report
from ilp_monitoring.recount.history import History
from ilp_monitoring.recount.monitoring_repository import Stored


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


async def recount(urls: Urls) -> Report:
    """Recount everything and store the result in `monitoring.recount_run`; raises asyncpg's errors or OSError."""
    started = time.perf_counter()
    report = Report(at=datetime.now(UTC))
    async with _snapshot(urls.monitoring) as conn:
        stored = await monitoring_repository.read_stored(conn)
    report.parked = stored.parked
    if stored.parked:
        report.add(Finding("parked", "monitoring", "0", str(stored.parked)))
    past = await _read_archives(urls, stored, report)
    _compare(past, stored, report)
    report.duration_s = time.perf_counter() - started
    conn = await asyncpg.connect(urls.monitoring, timeout=10)
    try:
        await monitoring_repository.write_run(conn, report)
    finally:
        await conn.close()
    return report


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


def _compare(past: History, stored: Stored, report: Report) -> None:
    recounted: Mapping[str, counting.Numbers] = {
        "cell": counting.count_cells(past),
        "population": counting.count_residents(past),
        "completeness": counting.count_completeness(past),
        "sasaran": targets.count_targets(past),
    }
    for table, expected in recounted.items():
        report.cells[table] = compare(table, expected, stored.tables[table], report.add)
