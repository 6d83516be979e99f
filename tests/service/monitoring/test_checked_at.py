"""How far the numbers are checked: known only when every partition of every source is; else the page says so."""

from datetime import UTC, datetime, timedelta

import pytest

from ilp_shared.bus.consume import watchdog
from ilp_shared.bus.consume.watchdog import PartitionRead
from ilp_shared.bus.contract.catalog import PARTITIONS
from tests.service.monitoring.conftest import Monitoring
from tests.service.monitoring.events import CHILD, SHORT, VILLAGE
from tests.service.monitoring.screens import CITY, served
from tests.support.waiting import patience

SOURCES = ("registry", "screening", "cluster")
NOON = datetime(2026, 11, 22, 5, 0, tzinfo=UTC)


async def _read(monitoring: Monitoring, seen: list[PartitionRead]) -> None:
    """Note what a consumer read of every partition, after it made their rows."""
    async with monitoring.resources.database.pool.acquire() as conn:
        await watchdog.expect_partitions(conn, SOURCES)
        if seen:
            await watchdog.note_reads(conn, seen)


def _all(through: datetime) -> list[PartitionRead]:
    return [
        PartitionRead(domain, partition, 1, through + timedelta(minutes=partition))
        for domain in SOURCES
        for partition in range(PARTITIONS)
    ]


async def _page(monitoring: Monitoring, language: str = "id") -> str:
    answer = await monitoring.get(f"/wilayah/{CITY}", lang=language, periode="2026-11")
    return answer.text.split('id="as-of">')[1].split("<")[0]


@pytest.fixture
async def city(monitoring: Monitoring) -> Monitoring:
    """Feed a city with one screening."""
    world = monitoring.world
    await monitoring.feed.apply(world.tree(CITY, VILLAGE), world.screening("s1", "ani", CHILD, SHORT))
    return monitoring


async def test_the_slowest_partition_says_how_far_the_numbers_are_checked(city: Monitoring) -> None:
    await _read(city, _all(NOON))
    assert (await city.situation(CITY))["checked_at"] == "2026-11-22T05:00:00Z"
    assert await _page(city) == "Data per 22 Nov 2026 12.00.00 WIB"


@pytest.mark.parametrize("unknown", [[], _all(NOON)[1:], _all(NOON)[:1]], ids=["none", "one missing", "one known"])
async def test_one_partition_not_yet_applied_means_catching_up(city: Monitoring, unknown: list[PartitionRead]) -> None:
    await _read(city, unknown)
    situation = await city.situation(CITY)
    assert situation["as_of"] is not None
    assert situation["checked_at"] is None
    assert await _page(city) == "Sedang mengejar pembaruan"
    assert await _page(city, "en") == "Catching up with updates"


async def test_partitions_of_a_domain_that_is_no_source_do_not_count(city: Monitoring) -> None:
    await _read(city, _all(NOON)[1:])
    async with city.resources.database.pool.acquire() as conn:
        await conn.execute(
            "INSERT INTO partition_seen (domain, partition, next_offset, at, through)"
            " VALUES ('old', 0, 1, now(), now())"
        )
    assert (await city.situation(CITY))["checked_at"] is None


async def test_streams_send_it_with_patches_and_heartbeats(city: Monitoring) -> None:
    async with served(city) as live, live.screen() as screen:
        name, _, patch = await screen.next()
        assert (name, patch["checked_at"]) == ("indicator", None)
        await _read(city, _all(NOON))
        start = patch["sequence"]
        await city.feed.apply(city.world.screening("s2", "budi", CHILD, SHORT))
        await screen.until(start + 1)
        assert screen.events[-1][2]["checked_at"] == "2026-11-22T05:00:00Z"
        async with patience():
            while True:  # a stream that misses nothing begins with a heartbeat
                async with live.screen(last=str(start + 1)) as quiet:
                    name, _, beat = await quiet.next()
                assert name == "detak"
                if beat["checked_at"] is not None:
                    break
        assert beat["checked_at"] == "2026-11-22T05:00:00Z"


async def test_a_page_before_any_event_says_that_nothing_came_in(monitoring: Monitoring) -> None:
    answer = await monitoring.get("/wilayah/id")
    assert "Belum ada data masuk" in answer.text.split('id="as-of">')[1].split("<")[0]
