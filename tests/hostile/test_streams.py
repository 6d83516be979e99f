"""A thousand idle screens on one monitoring process: it goes on answering, its memory stays bounded, one more gets 503.

No account can take all places: beyond its own share it gets 429.

A process of its own (tests/hostile/process.py). Numbers that change meanwhile reach every screen, and places are free
again once clients have left. The whole platform under as many screens: tests/flow/test_many_screens.py.
"""

import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import asyncpg
import orjson
import pytest
import pytest_asyncio

from ilp_monitoring.projections.engine import SituationProjection
from ilp_monitoring.service import SERVICE
from tests.hostile.process import Process, running_process
from tests.hostile.raw import exchange, request, status_of
from tests.service.monitoring.events import MONTH, SHORT, TALL, VILLAGE, WEIGHED, World
from tests.support.api import Issuer
from tests.support.databases import Databases
from tests.support.feeding import Feed
from tests.support.screens import screens_of
from tests.support.waiting import eventually

CITY, SCREENS, OF_ONE = "13.76", 1_000, 700
PER_SCREEN_KIB = 200
"""Asserted generously; the test says what it measured when it fails (67 KiB where it was written)."""
STREAM = f"/v1/situations/{CITY}/stream?period={MONTH}"
SNAPSHOT = f"/v1/situations/{CITY}?period={MONTH}"


@dataclass
class Monitoring:
    """The process, the feed of its database, and the readers' tokens: an account for each role."""

    process: Process
    feed: Feed
    world: World
    issuer: Issuer

    def ask(self, path: str, *, role: str = "dinas", lifetime_s: int = 3600) -> bytes:
        """Return a request of an account of the city."""
        token = self.issuer.token(role, CITY, lifetime_s=lifetime_s)
        return request("GET", path, {"Authorization": f"Bearer {token}"})


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def monitoring(
    databases: Databases, issuer: Issuer, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Monitoring]:
    """Provide monitoring with one village, serving as many screens as the test opens."""
    folder = tmp_path_factory.mktemp("streams")
    urls = await databases.create(SERVICE)
    settings = {"live_max_streams": str(SCREENS), "live_max_streams_of_one": str(OF_ONE)}
    async with (
        asyncpg.create_pool(urls.app, min_size=1, server_settings={"search_path": SERVICE.schema}) as pool,
        running_process(SERVICE, urls, issuer, folder, **settings) as process,
    ):
        feed, world = Feed(pool, SituationProjection()), World()
        await feed.apply(world.tree(CITY, VILLAGE), world.posyandu("mawar"), world.open_day("open", "mawar"))
        yield Monitoring(process, feed, world, issuer)


async def snapshot(monitoring: Monitoring) -> dict[str, Any]:
    """Return the situation as it is read."""
    answer = await exchange(monitoring.process.url, monitoring.ask(SNAPSHOT))
    assert answer.status == 200, answer.body
    situation: dict[str, Any] = orjson.loads(answer.body)
    return situation


async def streams(monitoring: Monitoring, number: int, *, role: str = "dinas", lifetime_s: int = 3600) -> list[bytes]:
    """Return the requests of so many screens that have loaded the page just now."""
    sequence = (await snapshot(monitoring))["sequence"]
    return [monitoring.ask(f"{STREAM}&last={sequence}", role=role, lifetime_s=lifetime_s)] * number


async def refused_with(monitoring: Monitoring, status: int) -> None:
    """Ask for one stream more; the refusal says that there may be a place later."""
    refused = await exchange(monitoring.process.url, monitoring.ask(STREAM))
    assert refused.status == status
    assert refused.headers["content-type"] == "application/problem+json"
    assert int(refused.headers["retry-after"]) >= 1
    assert refused.problem["retryable"] is True


async def _lets_in(monitoring: Monitoring) -> bool:
    return await status_of(monitoring.process.url, monitoring.ask(STREAM)) == 200


async def test_a_thousand_idle_screens(monitoring: Monitoring) -> None:
    await eventually(lambda: _lets_in(monitoring))
    before = monitoring.process.memory_mib()
    async with screens_of(monitoring.process.url, SCREENS) as screens:
        await screens.open(await streams(monitoring, OF_ONE))
        await refused_with(monitoring, 429)
        await screens.open(await streams(monitoring, SCREENS - OF_ONE, role="analyst"))
        grown = (monitoring.process.memory_mib() - before) * 1024 / SCREENS
        assert grown < PER_SCREEN_KIB, f"{grown:.0f} KiB for each screen"

        await refused_with(monitoring, 503)
        await monitoring.feed.apply(monitoring.world.screening("s1", "ani", "2024-03", SHORT, observed=WEIGHED))
        (stunting,) = (i for i in (await snapshot(monitoring))["indicators"] if i["code"] == "STUNTING")
        assert (stunting["numerator"], stunting["denominator"]) == (1, 1)

        await eventually(screens.all_told, within_s=120)
        for n in range(5):  # writes and reads go on while all are open
            await monitoring.feed.apply(monitoring.world.screening(f"t{n}", f"b{n}", "2024-03", TALL, observed=WEIGHED))
            await snapshot(monitoring)
        assert (monitoring.process.memory_mib("VmHWM") - before) * 1024 / SCREENS < PER_SCREEN_KIB
        assert screens.ended == 0
    await eventually(lambda: _lets_in(monitoring), within_s=60)


async def test_screens_end_with_their_tokens_and_free_their_places(monitoring: Monitoring) -> None:
    async with screens_of(monitoring.process.url, SCREENS) as screens:
        began = time.time()
        await screens.open(await streams(monitoring, 100, lifetime_s=20))

        async def all_ended() -> bool:
            return screens.ended == 100

        await eventually(all_ended, within_s=120)
        assert time.time() - began >= 15
    await eventually(lambda: _lets_in(monitoring), within_s=60)
