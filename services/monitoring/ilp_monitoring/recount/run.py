"""One recount from start to end: cut, read, count, compare, keep the result.

The cut is consistent: monitoring's cells and positions come from one snapshot, and an archive read after it holds
at least what those positions say. Called by __main__.py and by tests.
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
from ilp_monitoring.recount.monitoring_repository import Shown


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
    """Recount everything and keep the result in `monitoring.recount_run`; raises asyncpg's errors or OSError."""
    started = time.perf_counter()
    report = Report(at=datetime.now(UTC))
    async with _snapshot(urls.monitoring) as conn:
        shown = await monitoring_repository.read_shown(conn)
    report.parked = shown.parked
    if shown.parked:
        report.add(Finding("parked", "monitoring", "0", str(shown.parked)))
    told = await _read_archives(urls, shown, report)
    _compare(told, shown, report)
    report.duration_s = time.perf_counter() - started
    conn = await asyncpg.connect(urls.monitoring, timeout=10)
    try:
        await monitoring_repository.write_run(conn, report)
    finally:
        await conn.close()
    return report


async def _read_archives(urls: Urls, shown: Shown, report: Report) -> History:
    told = History()
    for domain, schema, url, wanted in (
        ("registry", "registry", urls.registry, history.REGISTRY_TYPES),
        ("screening", "screening", urls.screening, history.SCREENING_TYPES),
        ("cluster", "cluster_services", urls.cluster_services, history.CLUSTER_TYPES),
    ):
        read = 0
        async with _snapshot(url) as conn:
            async for event in read_archive(conn, schema, shown.positions.get(domain, {}), wanted, report.add):
                told.learn(event)
                read += 1
        report.events[domain] = read
    return told


def _compare(told: History, shown: Shown, report: Report) -> None:
    recounted: Mapping[str, counting.Numbers] = {
        "cell": counting.count_cells(told),
        "population": counting.count_residents(told),
        "completeness": counting.count_completeness(told),
        "sasaran": targets.count_targets(told),
    }
    for table, expected in recounted.items():
        report.cells[table] = compare(table, expected, shown.tables[table], report.add)
