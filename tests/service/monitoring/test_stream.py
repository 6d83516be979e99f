"""The live stream over a real socket: patches folded are the snapshot; coalescing, resume, reload, expiry, drain."""

import time
from collections.abc import AsyncIterator
from typing import Any

import pytest_asyncio

from tests.service.monitoring.conftest import Monitoring
from tests.service.monitoring.events import CHILD, DAY, NEIGHBOUR, PRESSURE, SHORT, TALL, VILLAGE, WEIGHED
from tests.service.monitoring.screens import CITY, Live, Screen, served


@pytest_asyncio.fixture(loop_scope="session")
async def live(monitoring: Monitoring) -> AsyncIterator[Live]:
    """Serve a city of two villages with one posyandu."""
    async with served(monitoring) as live:
        yield live


def _folded(screen: Screen, situation: dict[str, Any]) -> None:
    """Compare what the screen shows with a snapshot."""
    assert screen.arrivals == situation["arrivals"]
    for area in (situation | situation["area"], *situation["children"], *situation["participants"]):
        assert screen.complete[area["code"]] == [area["units"]["reported"], area["units"]["opened"]]
        for i in area["indicators"]:
            fields = (
                "numerator",
                "denominator",
                "denominators",
                "value",
                "state",
                "map_class",
                "previous",
                "year",
                "follow_ups",
            )
            assert screen.cells[area["code"], i["code"]][2:] == [i[name] for name in fields]


async def test_patches_folded_are_the_snapshot(live: Live) -> None:
    world, feed = live.monitoring.world, live.monitoring.feed
    async with live.screen() as screen:
        name, identity, data = await screen.next()
        assert (name, identity) == ("indicator", str(data["sequence"]))
        _folded(screen, await live.monitoring.situation(CITY))
        await feed.apply(world.screening("s1", "ani", CHILD, SHORT, observed=WEIGHED), world.person("ani", CHILD))
        await feed.apply(world.screening("s1", "ani", CHILD, TALL, observed=WEIGHED), world.task("t", "requested"))
        await feed.apply(world.void("s1", "ani"), world.screening("s2", "budi", "1970-01", PRESSURE))
        situation = await live.monitoring.situation(CITY)
        await screen.until(situation["sequence"])
        _folded(screen, situation)


async def test_the_nation_s_screen_follows_the_regencies_that_it_names(live: Live) -> None:
    """Also those that take part since others opened the same screen."""
    world, feed = live.monitoring.world, live.monitoring.feed
    await feed.apply(world.tree("13.71", "13.71.01.1001"), world.tree("14.72", "14.72.01.1001"))
    async with live.screen(area="id") as early:
        await early.next()
        await feed.apply(world.screening("s1", "ani", CHILD, SHORT, observed=WEIGHED), world.person("ani", CHILD))
        async with live.screen(area="id") as screen:
            await screen.next()
            situation = await live.monitoring.situation("id")
            assert [regency["code"] for regency in situation["participants"]] == [CITY]
            _folded(screen, situation)
            await feed.apply(world.screening("s2", "budi", CHILD, SHORT, observed=WEIGHED))
            situation = await live.monitoring.situation("id")
            await screen.until(situation["sequence"])
            _folded(screen, situation)


async def test_a_screen_that_comes_back_hears_of_a_regency_that_is_not_named_any_more(live: Live) -> None:
    world, feed = live.monitoring.world, live.monitoring.feed
    await feed.apply(world.tree("13.71", "13.71.01.1001"), world.tree("14.72", "14.72.01.1001"))
    await feed.apply(world.screening("s1", "ani", CHILD, SHORT, observed=WEIGHED), world.person("ani", CHILD))
    before = await live.monitoring.situation("id")
    assert [regency["code"] for regency in before["participants"]] == [CITY]
    await feed.apply(world.void("s1", "ani"))
    assert (await live.monitoring.situation("id"))["participants"] == []
    async with live.screen(area="id", last_event_id=str(before["sequence"])) as screen:
        await screen.next()
        assert screen.complete[CITY][0] == 0
        assert screen.cells[CITY, "D_S"][2] == 0


async def test_what_comes_in_is_sent_although_no_number_moves(live: Live) -> None:
    world, feed = live.monitoring.world, live.monitoring.feed
    await feed.apply(world.screening("s1", "ani", CHILD, TALL, observed=WEIGHED))
    start = (await live.monitoring.situation(CITY))["sequence"]
    async with live.screen(last=str(start)) as screen, live.screen(area=NEIGHBOUR, last=str(start)) as elsewhere:
        await feed.apply(world.screening("s2", "ani", CHILD, TALL, observed=WEIGHED))
        await screen.until(start + 1)
        assert [
            sum(one["weighings"] for one in data["arrivals"]) for name, _, data in screen.events if name != "detak"
        ] == [2]
        assert [data["cells"] for name, _, data in screen.events if name != "detak"] == [[]]
        await feed.apply(world.screening("s3", "budi", CHILD, TALL, village=NEIGHBOUR))
        await elsewhere.until(start + 2)
        assert elsewhere.arrivals == []


async def test_the_month_before_is_followed_too(live: Live) -> None:
    world, feed = live.monitoring.world, live.monitoring.feed
    before = DAY.replace(month=DAY.month - 1)
    async with live.screen() as screen:
        await screen.next()
        await feed.apply(world.screening("s1", "ani", CHILD, SHORT, day=before), world.open_day("o", "mawar", before))
        situation = await live.monitoring.situation(CITY)
        await screen.until(situation["sequence"])
        _folded(screen, situation)
        assert screen.cells[CITY, "STUNTING"][8]["numerator"] == 1


async def test_streams_with_districts_and_with_villages_do_not_mix(live: Live) -> None:
    world, feed = live.monitoring.world, live.monitoring.feed
    async with live.screen() as districts, live.screen(below="village") as villages:
        await districts.next()
        await villages.next()
        await feed.apply(world.screening("s1", "ani", CHILD, SHORT, village=NEIGHBOUR))
        situation = await live.monitoring.situation(CITY, below="village")
        await villages.until(situation["sequence"])
        await districts.until(situation["sequence"])
        _folded(villages, situation)
        _folded(districts, await live.monitoring.situation(CITY))
        assert villages.complete.keys() == {CITY, VILLAGE, NEIGHBOUR}
        assert districts.complete.keys() == {CITY, "13.76.01"}


async def test_many_changes_become_few_patches_and_only_what_changed_is_sent(live: Live) -> None:
    world, feed = live.monitoring.world, live.monitoring.feed
    start = (await live.monitoring.situation(CITY))["sequence"]
    async with live.screen(last=str(start)) as screen:
        assert (await screen.next())[0] == "detak"
        began = time.monotonic()
        for number in range(30):
            await feed.apply(world.screening(f"s{number}", f"p{number}", CHILD, TALL))
        await screen.until(start + 30)
        patches = [data for name, _, data in screen.events if name == "indicator"]
        assert len(patches) <= 2 + 4 * (time.monotonic() - began)
        assert all(len(patch["cells"]) <= 10 for patch in patches)
        assert screen.cells[CITY, "STUNTING"][2:4] == [0, 30]
        assert (CITY, "TB_SUSPECT") in screen.cells  # completeness changed, so its state did


async def test_a_reader_resumes_after_its_last_event(live: Live) -> None:
    world, feed = live.monitoring.world, live.monitoring.feed
    async with live.screen() as screen:
        _, seen, _ = await screen.next()
    await feed.apply(world.screening("s1", "ani", CHILD, SHORT))
    await feed.apply(world.screening("s2", "budi", CHILD, TALL, village=NEIGHBOUR))
    async with live.screen(last_event_id=seen, last="1") as screen:
        name, identity, data = await screen.next()
        assert name == "indicator"
        assert int(identity or 0) == int(seen or 0) + 2
        assert {(row[0], row[1], row[2], row[3]) for row in data["cells"] if row[1] == "STUNTING"} == {
            (CITY, "STUNTING", 1, 2),
            ("13.76.01", "STUNTING", 1, 2),
        }


async def test_who_was_away_too_long_is_asked_to_reload_and_then_follows(live: Live) -> None:
    world, feed = live.monitoring.world, live.monitoring.feed
    await feed.apply(world.screening("s1", "ani", CHILD, SHORT))
    now = (await live.monitoring.situation(CITY))["sequence"]
    async with live.monitoring.resources.database.pool.acquire() as conn:
        await conn.execute("DELETE FROM projection_batch WHERE sequence < $1", now)
    for last in ("0", str(now + 5), "nonsense"):
        async with live.screen(last_event_id=last) as screen:
            assert await screen.next() == ("muat-ulang", str(now), {"sequence": now})
    async with live.screen(last_event_id="0") as screen:
        await screen.next()
        await feed.apply(world.screening("s2", "budi", CHILD, TALL))
        await screen.until(now + 1)
        assert screen.cells[CITY, "STUNTING"][2:4] == [1, 2]


async def test_changes_elsewhere_or_in_another_month_are_not_sent(live: Live) -> None:
    world, feed = live.monitoring.world, live.monitoring.feed
    start = (await live.monitoring.situation(CITY))["sequence"]
    async with live.screen(last=str(start)) as screen:
        await feed.apply(world.screening("s1", "ani", CHILD, SHORT, village="14.72.01.1001"))
        await feed.apply(world.task("t", "requested", opened=DAY.replace(month=DAY.month - 2)))
        await feed.apply(world.screening("s3", "citra", CHILD, TALL))
        await screen.until(start + 3)
        assert screen.cells[CITY, "STUNTING"][2:4] == [0, 1]
        assert screen.cells[CITY, "FOLLOW_UP_OPEN"][2:4] == [0, 0]


async def test_a_stream_ends_with_its_token(live: Live) -> None:
    async with live.screen(lifetime_s=2) as screen:
        await screen.next()
        ended = False
        while not ended:
            try:
                await screen.next()
            except StopAsyncIteration:
                ended = True
    assert ended


async def test_a_stream_ends_when_the_process_drains(live: Live) -> None:
    async with live.screen() as screen:
        await screen.next()
        live.monitoring.resources.draining.set()
        while True:
            try:
                await screen.next()
            except StopAsyncIteration:
                break
    assert screen.events[0][0] == "indicator"
