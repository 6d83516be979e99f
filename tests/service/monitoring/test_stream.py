"""The live stream over a real socket: patches folded are the snapshot; coalescing, resume, reload, expiry, drain."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx2
import pytest_asyncio
import uvicorn

from tests.service.monitoring.conftest import Monitoring
from tests.service.monitoring.events import CHILD, DAY, MONTH, NEIGHBOUR, PRESSURE, SHORT, TALL, VILLAGE, WEIGHED

CITY = "13.76"


@dataclass
class Screen:
    """What a browser does: folds patches over what it has."""

    lines: AsyncIterator[str]
    events: list[tuple[str, str | None, Any]] = field(default_factory=list)
    cells: dict[tuple[str, str], list[Any]] = field(default_factory=dict)
    complete: dict[str, list[int]] = field(default_factory=dict)

    async def next(self) -> tuple[str, str | None, Any]:
        """Return the next event as (name, id, data); raises StopAsyncIteration at the end of the stream."""
        kept: dict[str, str] = {}
        while True:
            line = await anext(self.lines)
            if line:
                name, _, value = line.partition(": ")
                kept[name] = value
            elif "event" in kept:
                break
        event = kept["event"], kept.get("id"), json.loads(kept["data"])
        self.events.append(event)
        if event[0] == "indicator":
            self.cells.update({(row[0], row[1]): row for row in event[2]["cells"]})
            self.complete.update({row[0]: row[1:] for row in event[2]["completeness"]})
        return event

    async def until(self, sequence: int) -> None:
        """Read on until a patch reaches a sequence."""
        while not any(name == "indicator" and data["sequence"] >= sequence for name, _, data in self.events):
            await self.next()


@dataclass
class Live:
    """Monitoring behind a real server."""

    monitoring: Monitoring
    address: str

    @asynccontextmanager
    async def screen(
        self, *, lifetime_s: int = 600, last_event_id: str | None = None, area: str = CITY, **params: str
    ) -> AsyncIterator[Screen]:
        """Open the stream of an area."""
        token = self.monitoring.issuer.token("dinas", CITY, lifetime_s=lifetime_s)
        headers = {"Authorization": f"Bearer {token}"} | ({"Last-Event-ID": last_event_id} if last_event_id else {})
        url = f"{self.address}/v1/situations/{area}/stream"
        async with (
            asyncio.timeout(20),
            httpx2.AsyncClient(timeout=20) as client,
            client.stream("GET", url, params={"period": MONTH, **params}, headers=headers) as answer,
        ):
            assert answer.status_code == 200
            assert answer.headers["content-type"].startswith("text/event-stream")
            assert answer.headers["cache-control"] == "no-cache"
            assert answer.headers["x-accel-buffering"] == "no"
            yield Screen(answer.aiter_lines())


@pytest_asyncio.fixture(loop_scope="session")
async def live(monitoring: Monitoring) -> AsyncIterator[Live]:
    """A served city of two villages with one posyandu."""
    world = monitoring.world
    await monitoring.feed.apply(
        world.tree(CITY, VILLAGE, NEIGHBOUR), world.posyandu("mawar"), world.session("open", "mawar")
    )
    server = uvicorn.Server(uvicorn.Config(monitoring.app, port=0, lifespan="off", log_config=None))
    serving = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    yield Live(monitoring, f"http://127.0.0.1:{port}")
    server.should_exit = True
    await serving


def _folded(screen: Screen, situation: dict[str, Any]) -> None:
    """Compare what the screen shows with a snapshot."""
    for area in (situation | situation["area"], *situation["children"]):
        assert screen.complete[area["code"]] == list(area["completeness"].values())
        for i in area["indicators"]:
            shown = [i["numerator"], i["denominator"], i["denominators"], i["value"], i["state"], i["map_class"]]
            assert screen.cells[area["code"], i["code"]][2:] == shown


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
        for number in range(30):
            await feed.apply(world.screening(f"s{number}", f"p{number}", CHILD, TALL))
        await screen.until(start + 30)
        patches = [data for name, _, data in screen.events if name == "indicator"]
        assert len(patches) <= 6
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


async def test_who_was_away_too_long_is_told_to_load_anew_and_then_follows(live: Live) -> None:
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
        await feed.apply(world.task("t", "requested", opened=DAY.replace(month=9)))
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
