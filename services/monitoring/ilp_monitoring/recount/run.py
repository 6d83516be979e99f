"""One recount from start to end: cut, read, count, compare, store the result.

The cut is consistent: monitoring's cells and positions come from one snapshot, and an archive read after it holds
at least what those positions say.
"""

import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from tempfile import TemporaryFile
from typing import TextIO

import asyncpg

from ilp_monitoring.recount import counting, history, monitoring_repository, targets
from ilp_monitoring.recount.answers import Answers
from ilp_monitoring.recount.archive_repository import read_archive
from ilp_monitoring.recount.comparing import compare
from ilp_monitoring.recount.expecting import Expecting
from ilp_monitoring.recount.findings import Finding, Report
from ilp_monitoring.recount.history import History
from ilp_monitoring.recount.monitoring_repository import Stored, read_day
from ilp_monitoring.recount.parts import Comparison, Parts, shown_sizes
from ilp_monitoring.recount.places import Places
from ilp_monitoring.recount.readers import ReadShown, Row, Unreadable, compare_shown, read_shown

ReadDay = Callable[[asyncpg.Connection], Awaitable[str]]
_UNREADABLE = "shown_unreadable"
"""Kind of finding: what readers are given could not be read to its end."""


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


async def recount(
    urls: Urls, reader: ReadShown = read_shown, clock: ReadDay = read_day, most: int | None = None
) -> Report:
    """Recount everything and store the result in `monitoring.recount_run`; raises asyncpg's errors or OSError.

    `reader` yields what readers are given, in a snapshot of monitoring's database; `clock` says which day it is there.
    With `most`, what readers are given is compared by regencies in turn, as many as have so many situations.
    """
    started = time.perf_counter()
    report = Report(at=datetime.now(UTC))
    with TemporaryFile("w+", encoding="utf-8") as lines:
        answers = await read_all(urls, reader, clock, lines, report, most)
        lines.seek(0)
        report.cells["shown"] = compare_shown(answers, map(json.loads, lines), report.add)
    if report.by_kind[_UNREADABLE]:
        answers.parts.withdraw()
    report.duration_s = time.perf_counter() - started
    conn = await asyncpg.connect(urls.monitoring, timeout=10)
    try:
        async with conn.transaction():
            _report_parts(answers.parts, await monitoring_repository.claim_comparisons(conn), report)
            await monitoring_repository.write_run(conn, report, answers.parts)
    finally:
        await conn.close()
    return report


def _report_parts(parts: Parts, comparisons: Mapping[str, Comparison], report: Report) -> None:
    """Report what was compared, and the differences of other runs that were not compared again."""
    for finding in parts.standing(comparisons):
        report.add(finding)
    report.regencies, report.regencies_compared = len(parts.regencies), len(parts.regencies_compared)
    report.all_since = parts.all_since(report.at, comparisons)


async def read_all(
    urls: Urls, reader: ReadShown, clock: ReadDay, lines: TextIO, report: Report, most: int | None = None
) -> Answers:
    """Read the numbers as stored, and as shown into `lines`; count them from the archives, and compare the stored ones.

    Returns what must be shown.
    """
    async with _snapshot(urls.monitoring) as conn:
        stored = await monitoring_repository.read_stored(conn)
        parts = Parts(shown_sizes(stored.published, stored.tables), stored.comparisons, most)
        day = await clock(conn)
        while True:
            await _write_shown(reader(urls.monitoring, stored.snapshot, parts.parts_to_read), lines, report)
            before, day = day, await clock(conn)
            if day == before:
                break  # else midnight has passed: overdue tasks are those of a day
    report.parked = stored.parked
    if stored.parked:
        report.add(Finding("parked", "monitoring", "0", str(stored.parked)))
    past = await _read_archives(urls, stored, report)
    places = Places(past)
    expecting = Expecting(_compare(past, stored, report), places.regencies_of, day)
    parts.add(places.areas)
    parts.add(area for _, _, area in expecting.cells)
    return Answers(expecting, places, stored.progress, parts)


async def _write_shown(rows: AsyncIterator[Row], lines: TextIO, report: Report) -> None:
    lines.seek(0)
    lines.truncate()
    try:
        async for row in rows:
            lines.write(json.dumps(row) + "\n")
    except Unreadable as error:
        report.add(Finding(_UNREADABLE, "monitoring", "0", str(error)))


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
