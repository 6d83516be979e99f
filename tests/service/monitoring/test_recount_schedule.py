"""The worker recounts by itself: a difference becomes a metric and a line of the log, and goes when it is repaired."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import asdict
from datetime import date
from uuid import uuid4

import pytest
import pytest_asyncio

from ilp_monitoring.recount_runs.schedule import keep_recounted
from ilp_monitoring.service import SERVICE
from ilp_shared import metrics
from ilp_shared.db.locks import RECOUNT
from ilp_shared.logging import configure_logging
from tests.service.monitoring.archives import Archives, open_archives
from tests.service.monitoring.recount_events import VILLAGES, Place, area_tree, facility, open_day
from tests.support.addresses import Address
from tests.support.databases import Databases
from tests.support.waiting import eventually

TAMPERED = (
    "INSERT INTO cell (indicator, period, area_code, numerator, denominator) VALUES ('TB_SUSPECT', '2026-11', $1, 7, 9)"
)
REPAIRED = "DELETE FROM cell WHERE indicator = 'TB_SUSPECT' AND area_code = $1"


@pytest_asyncio.fixture(loop_scope="session")
async def archives(databases: Databases, postgres_url: Address) -> AsyncIterator[Archives]:
    async with open_archives(postgres_url, await databases.create(SERVICE)) as archives:
        await archives.tell(area_tree("13.76", VILLAGES[:3]))
        yield archives


@asynccontextmanager
async def scheduled(archives: Archives, monkeypatch: pytest.MonkeyPatch, **settings: str) -> AsyncIterator[None]:
    """Run the job of the worker with these settings; it must still run at the end."""
    addresses = {f"{name.upper()}_URL": str(address) for name, address in asdict(archives.urls).items()}
    for name, value in {**addresses, **settings}.items():
        monkeypatch.setenv(f"ILP_RECOUNT_{name}", value)
    job = asyncio.create_task(keep_recounted(archives.pool))
    try:
        yield
        assert not job.done()
    finally:
        job.cancel()
        await asyncio.gather(job, return_exceptions=True)


@pytest_asyncio.fixture(loop_scope="session")
async def schedule(archives: Archives, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[None]:
    """Run the job, with a recount due each hour."""
    async with scheduled(archives, monkeypatch, EVERY_S="3600", LOOK_S="0.5"):
        yield


def shown(name: str) -> float:
    """Return a value as the metrics show it."""
    sample = {
        s.name: s.value
        for family in (metrics.RECOUNT_AGE, metrics.RECOUNT_DIFFERENCES)
        for m in family.collect()
        for s in m.samples
    }
    return sample[name]


async def make_due(archives: Archives) -> None:
    """Let the last recount be older than the schedule allows."""
    await archives.run("UPDATE recount_run SET at = at - interval '2 hours'")


async def runs(archives: Archives) -> int:
    return int(await archives.pool.fetchval("SELECT count(*) FROM recount_run"))


async def test_a_difference_is_an_alarm_until_it_is_repaired(
    archives: Archives, schedule: None, capsys: pytest.CaptureFixture[str]
) -> None:
    configure_logging("monitoring", "INFO")  # to what pytest captures now
    lines: list[dict[str, object]] = []

    async def logged(event: str) -> dict[str, object]:
        lines.extend(json.loads(line) for line in capsys.readouterr().out.splitlines() if line.startswith("{"))
        return next((line for line in lines if line["event"] == event), {})

    await eventually(lambda: logged("recount_equal"), within_s=300)
    assert shown("ilp_recount_differences") == 0
    assert shown("ilp_recount_age_seconds") < 3_600

    await archives.run(TAMPERED, VILLAGES[0])
    await make_due(archives)
    alarm = await eventually(lambda: logged("recount_differs"), within_s=300)
    assert alarm["level"] == "error"
    assert "cell_extra=1" in str(alarm["kinds"]).split()  # and what readers are shown of that cell
    assert shown("ilp_recount_differences") == alarm["differences"]

    await archives.run(REPAIRED, VILLAGES[0])
    await make_due(archives)

    async def silent() -> bool:
        return shown("ilp_recount_differences") == 0

    await eventually(silent, within_s=300)
    assert await runs(archives) == 3, "no run before the last one is too old"


async def test_two_workers_recount_once(archives: Archives, schedule: None) -> None:
    async def ran(number: int) -> bool:
        return await runs(archives) == number

    await eventually(lambda: ran(1), within_s=300)
    async with archives.pool.acquire() as other:
        await other.fetchval("SELECT pg_advisory_lock($1)", RECOUNT)
        await make_due(archives)

        async def overdue() -> bool:
            return shown("ilp_recount_age_seconds") > 7_000

        await eventually(overdue, within_s=60)
        assert await runs(archives) == 1, "the other worker runs it"
        await other.fetchval("SELECT pg_advisory_unlock($1)", RECOUNT)
    await eventually(lambda: ran(2), within_s=300)


async def test_a_run_of_hours_does_not_hide_one_that_began_later(
    archives: Archives, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """It ended last, and found nothing: the later one found a difference, and no further one is due."""
    configure_logging("monitoring", "INFO")
    await archives.run(
        "INSERT INTO recount_run (at, cells, events, differences, duration_s, detail) VALUES"
        " (now(), 5, 6, 3, 1, '{}'), (now() - interval '3 hours', 5, 6, 0, 10800, '{}')"
    )
    monkeypatch.setenv("ILP_RECOUNT_LOOK_S", "0.01")
    job = asyncio.create_task(keep_recounted(archives.pool))
    try:
        await eventually(lambda: _said(capsys, "recount_"), within_s=300)
    finally:
        job.cancel()
        await asyncio.gather(job, return_exceptions=True)
    assert shown("ilp_recount_differences") == 3
    assert shown("ilp_recount_age_seconds") < 3_600


async def test_a_run_that_cannot_finish_is_counted(
    archives: Archives, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    configure_logging("monitoring", "INFO")
    for name in ("registry", "screening", "cluster_services", "monitoring"):
        monkeypatch.setenv(f"ILP_RECOUNT_{name.upper()}_URL", "postgresql://nobody@127.0.0.1:1/none")
    job = asyncio.create_task(keep_recounted(archives.pool))
    try:
        await eventually(lambda: _said(capsys, "cannot run: ConnectionRefusedError"), within_s=300)
    finally:
        job.cancel()
        await asyncio.gather(job, return_exceptions=True)
    assert await runs(archives) == 0
    assert shown("ilp_recount_age_seconds") == float("inf")


async def run_twice(archives: Archives, monkeypatch: pytest.MonkeyPatch, **settings: str) -> None:
    """Run the job until two recounts have finished; the next is due at once."""

    async def ran_twice() -> bool:
        return await runs(archives) >= 2

    async with scheduled(archives, monkeypatch, EVERY_S="0.01", LOOK_S="0.01", **settings):
        await eventually(ran_twice, within_s=300)


async def test_a_run_that_takes_longer_than_the_schedule_goes_to_its_end_and_the_next_begins_after_it(
    archives: Archives, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A run is due long before the one that runs has ended; none is ended for that."""
    await run_twice(archives, monkeypatch)


async def test_the_worker_compares_regencies_in_turn(archives: Archives, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two regencies with numbers, and a budget that one exceeds already: one in each run."""
    places = [Place(village) for village in (VILLAGES[0], VILLAGES[3])]
    await archives.tell(area_tree("14.72", VILLAGES[3:4]), *map(facility, places))
    await archives.tell(*(open_day(place, date(2026, 11, 5), uuid4()) for place in places))
    await run_twice(archives, monkeypatch, SITUATIONS="1")
    rows = await archives.pool.fetch("SELECT regencies, regencies_compared, differences FROM recount_run")
    assert {tuple(row) for row in rows} == {(2, 1, 0)}
    codes = await archives.pool.fetch("SELECT code FROM recount_part ORDER BY code")
    assert [row["code"] for row in codes] == ["13.76", "14.72"]


async def test_a_run_that_takes_longer_than_any_may_is_ended_and_counted(
    archives: Archives, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    configure_logging("monitoring", "INFO")
    async with scheduled(archives, monkeypatch, LONGEST_S="0.01"):
        await eventually(lambda: _said(capsys, "takes too long"), within_s=300)
    assert await runs(archives) == 0


async def _said(capsys: pytest.CaptureFixture[str], event: str) -> bool:
    return event in capsys.readouterr().out
