"""Changed regencies are announced: once, at most once an interval, with versions without gaps, however many workers."""

import asyncio
import json
from datetime import timedelta
from typing import Any

import pytest

from ilp_monitoring.projections.announcements import announce, situation_id
from ilp_monitoring.service import SERVICE
from ilp_shared.bus.contract.catalog import EVENTS
from ilp_shared.bus.contract.envelope import shard_of
from tests.service.monitoring.conftest import Monitoring
from tests.service.monitoring.events import ABROAD, CHILD, TB_NO, VILLAGE
from tests.support.waiting import eventually

AT_ONCE, MINUTE = timedelta(0), timedelta(minutes=1)


@pytest.fixture
async def city(monitoring: Monitoring) -> Monitoring:
    """Two regencies, both announced a while ago."""
    await monitoring.feed.apply(monitoring.world.tree("13.76", VILLAGE), monitoring.world.tree("14.72", ABROAD))
    assert await _announce(monitoring, MINUTE) == 2
    await _let_pass(monitoring, minutes=2)
    return monitoring


async def _announce(monitoring: Monitoring, interval: timedelta = MINUTE) -> int:
    async with monitoring.resources.database.pool.acquire() as conn:
        return await announce(conn, interval)


async def _let_pass(monitoring: Monitoring, minutes: int) -> None:
    async with monitoring.resources.database.pool.acquire() as conn:
        await conn.execute("UPDATE announcement SET at = at - $1 * interval '1 minute'", minutes)


async def _archived(monitoring: Monitoring, regency: str = "13.76") -> list[Any]:
    async with monitoring.resources.database.pool.acquire() as conn:
        rows: list[Any] = await conn.fetch("SELECT * FROM event_log WHERE area_code = $1 ORDER BY id", regency)
    return rows


async def _screen(monitoring: Monitoring, name: str, village: str = VILLAGE) -> None:
    await monitoring.feed.apply(monitoring.world.screening(name, name, CHILD, TB_NO, village=village))


async def test_a_change_is_announced_once_with_what_the_numbers_stand_for(city: Monitoring) -> None:
    await _screen(city, "ani")
    assert await _announce(city) == 1
    assert await _announce(city, AT_ONCE) == 0
    event = (await _archived(city))[-1]
    data = EVENTS[event["type"]].model_validate_json(event["data"])
    situation = await city.situation("13.76")
    assert json.loads(data.model_dump_json()) == {
        "area_code": "13.76",
        "as_of": situation["as_of"],
        "sequence": situation["sequence"],
    }
    assert (event["aggregate_id"], event["aggregate_version"]) == (situation_id("13.76"), 2)
    assert (event["key"], event["area_code"], event["shard"]) == ("13.76", "13.76", shard_of("13.76"))
    assert len(await _archived(city, "14.72")) == 1


async def test_an_announcement_from_before_the_clock_was_set_back_holds_nothing_up(city: Monitoring) -> None:
    await _let_pass(city, minutes=-60)
    await _screen(city, "ani")
    assert await _announce(city) == 1
    await _screen(city, "budi")
    assert await _announce(city) == 0


async def test_a_second_change_waits_until_the_interval_is_over(city: Monitoring) -> None:
    await _screen(city, "ani")
    assert await _announce(city) == 1
    await _screen(city, "budi")
    await _screen(city, "citra", ABROAD)
    assert await _announce(city) == 1
    assert [len(await _archived(city, regency)) for regency in ("13.76", "14.72")] == [2, 2]
    await _let_pass(city, minutes=1)
    assert await _announce(city) == 1
    await _let_pass(city, minutes=1)
    assert await _announce(city) == 0
    events = await _archived(city)
    assert [event["aggregate_version"] for event in events] == [1, 2, 3]
    assert json.loads(events[-1]["data"])["sequence"] == (await city.situation("13.76"))["sequence"]


async def test_a_batch_that_changes_nothing_is_not_announced(city: Monitoring) -> None:
    await city.feed.apply(city.world.posyandu("mawar"))
    assert await _announce(city, AT_ONCE) == 1
    await city.feed.apply(city.world.posyandu("mawar"))
    assert await _announce(city, AT_ONCE) == 0


@pytest.mark.parametrize("interval", [AT_ONCE, MINUTE])
async def test_workers_at_once_announce_a_change_once(city: Monitoring, interval: timedelta) -> None:
    for attempt in range(10):
        await _screen(city, f"p{attempt}")
        assert sum(await asyncio.gather(*(_announce(city, interval) for _ in range(4)))) == 1
        await _let_pass(city, minutes=2)
    assert [event["aggregate_version"] for event in await _archived(city)] == list(range(1, 12))


async def test_an_event_that_is_not_archived_was_not_announced(city: Monitoring) -> None:
    await _screen(city, "ani")
    async with city.resources.database.pool.acquire() as conn:
        outer = conn.transaction()
        await outer.start()
        assert await announce(conn, MINUTE) == 1
        await outer.rollback()
    assert len(await _archived(city)) == 1
    assert await _announce(city) == 1
    assert [event["aggregate_version"] for event in await _archived(city)] == [1, 2]


async def test_the_worker_announces_by_itself(city: Monitoring) -> None:
    await _screen(city, "ani")
    jobs = [asyncio.create_task(job(city.resources.database.pool)) for job in SERVICE.load_jobs()]

    async def announced() -> bool:
        return len(await _archived(city)) == 2

    assert await eventually(announced)
    for job in jobs:
        job.cancel()
    ended = await asyncio.gather(*jobs, return_exceptions=True)
    assert all(isinstance(end, asyncio.CancelledError) for end in ended)
