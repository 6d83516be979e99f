"""What came in last: by facility and minute, each record once, within its areas; the last 20 of each area stay."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest_asyncio

from ilp_monitoring.projections.housekeeping import prune_once
from ilp_shared.bus.contract.envelope import NewEvent
from tests.service.monitoring.conftest import Monitoring
from tests.service.monitoring.events import (
    CHILD,
    ELDER,
    ELSEWHERE,
    NEIGHBOUR,
    PRESSURE,
    SHORT,
    TALL,
    VILLAGE,
    WEIGHED,
)

CITY, DISTRICT = "13.76", "13.76.01"
NINE = datetime(2026, 11, 10, 2, 0, 12, tzinfo=UTC)
KEPT = 20


@pytest_asyncio.fixture(loop_scope="session")
async def city(monitoring: Monitoring) -> Monitoring:
    """Feed a city with one posyandu."""
    world = monitoring.world
    await monitoring.feed.apply(world.tree(CITY, VILLAGE, NEIGHBOUR, ELSEWHERE), world.posyandu("mawar"))
    return monitoring


def weighing(city: Monitoring, name: str, posyandu: str = "mawar") -> NewEvent:
    """Return a weighing of one more child."""
    return city.world.screening(name, f"child {name}", CHILD, TALL, observed=WEIGHED, posyandu=posyandu)


async def arrivals(city: Monitoring, area: str, *scope: str) -> list[tuple[Any, ...]]:
    """Return (minute, facility, village, weighings, others) as an account of some areas is given them."""
    answer = await city.get(f"/v1/situations/{area}", *scope, period="2026-11")
    assert answer.status_code == 200, answer.text
    names = ("minute", "facility_name", "area_name", "weighings", "others")
    return [tuple(one[name] for name in names) for one in answer.json()["arrivals"]]


async def test_records_of_one_minute_are_one_entry_of_their_posyandu(city: Monitoring) -> None:
    pressure = city.world.screening("p", "budi", ELDER, PRESSURE)
    await city.feed.apply(*(weighing(city, f"c{n}") for n in range(3)), pressure, recorded_at=NINE)
    await city.feed.apply(weighing(city, "late"), recorded_at=NINE + timedelta(seconds=30))
    await city.feed.apply(weighing(city, "next"), recorded_at=NINE + timedelta(minutes=1))
    name, village = "mawar", f"Wilayah {VILLAGE}"
    expected = [("2026-11-10T02:01:00Z", name, village, 1, 0), ("2026-11-10T02:00:00Z", name, village, 4, 1)]
    for area in ("id", "13", CITY, DISTRICT, VILLAGE):
        assert await arrivals(city, area) == expected
    assert await arrivals(city, NEIGHBOUR) == []


async def test_corrections_voids_results_and_tasks_are_no_arrivals(city: Monitoring) -> None:
    world = city.world
    await city.feed.apply(weighing(city, "c"), recorded_at=NINE)
    correction = world.screening("c", "child c", CHILD, SHORT, observed=())
    later = NINE + timedelta(minutes=5)
    await city.feed.apply(correction, world.void("c", "child c"), world.task("t", "requested"), recorded_at=later)
    assert [row[3:] for row in await arrivals(city, CITY)] == [(1, 0)]


async def test_a_record_that_is_corrected_or_voided_at_once_came_in_as_recorded(city: Monitoring) -> None:
    """However events are cut into batches."""
    correction = city.world.screening
    await city.feed.apply(
        weighing(city, "c"), correction("c", "child c", CHILD, observed=(), posyandu="melati"), recorded_at=NINE
    )
    await city.feed.apply(weighing(city, "d"), city.world.void("d", "child d"), recorded_at=NINE)
    assert [row[1:2] + row[3:] for row in await arrivals(city, CITY)] == [("mawar", 2, 0)]


async def test_events_delivered_again_count_once(city: Monitoring) -> None:
    events = await city.feed.apply(weighing(city, "c"), weighing(city, "d"), recorded_at=NINE)
    await city.feed.redeliver(events)
    assert [row[3:] for row in await arrivals(city, CITY)] == [(2, 0)]


async def test_the_last_twenty_of_each_area_stay(city: Monitoring) -> None:
    """In one batch or many, before and after the old ones are deleted; a quiet village keeps its own."""
    world = city.world
    quiet = world.screening("quiet", "siti", ELDER, PRESSURE, posyandu="anggrek", facility_area=ELSEWHERE)
    await city.feed.apply(quiet, recorded_at=NINE - timedelta(days=40))
    for minute in range(5):
        await city.feed.apply(weighing(city, f"one {minute}"), recorded_at=NINE + timedelta(minutes=minute))
    many = [weighing(city, f"many {n}", posyandu=f"posyandu {n}") for n in range(30)]
    await city.feed.apply(*many, recorded_at=NINE + timedelta(minutes=9))
    for n in range(30):
        await city.feed.apply(weighing(city, f"again {n}", f"posyandu {n}"), recorded_at=NINE + timedelta(minutes=9))

    before = [await arrivals(city, area) for area in ("id", CITY, VILLAGE, ELSEWHERE)]
    assert [len(rows) for rows in before] == [KEPT, KEPT, KEPT, 1]
    assert all(row[3:] == (2, 0) for row in before[0])
    async with city.resources.database.pool.acquire() as conn:
        await prune_once(conn)
        stored = await conn.fetchval("SELECT max(n) FROM (SELECT count(*) AS n FROM arrival GROUP BY area_code) AS a")
    assert stored == KEPT
    assert [await arrivals(city, area) for area in ("id", CITY, VILLAGE, ELSEWHERE)] == before


async def test_an_account_sees_what_came_in_within_its_areas_only(city: Monitoring) -> None:
    world = city.world
    there = world.screening("there", "siti", ELDER, PRESSURE, posyandu="anggrek", facility_area=ELSEWHERE)
    await city.feed.apply(weighing(city, "here"), there, recorded_at=NINE)
    assert [row[3:] for row in await arrivals(city, DISTRICT, DISTRICT)] == [(1, 0)]
    refused = await city.get(f"/v1/situations/{CITY}", DISTRICT, period="2026-11")
    assert refused.status_code == 404


async def test_a_facility_that_is_not_known_yet_has_no_name(city: Monitoring) -> None:
    await city.feed.apply(weighing(city, "c", posyandu="cempaka"), recorded_at=NINE)
    assert [row[1:] for row in await arrivals(city, CITY)] == [(None, None, 1, 0)]
    await city.feed.apply(city.world.posyandu("cempaka", NEIGHBOUR))
    assert [row[1] for row in await arrivals(city, CITY)] == ["cempaka"]
