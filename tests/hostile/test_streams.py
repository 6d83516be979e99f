"""A thousand idle screens on one monitoring process: it goes on answering, its memory stays bounded, one more gets 503.

No account can take all places: beyond its own share it gets 429.

A process of its own (tests/hostile/process.py) and plain sockets: a client costs no more than its socket. Numbers that
change meanwhile reach every screen, and places are free again once clients have left.
"""

import asyncio
import resource
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import asyncpg
import orjson
import pytest
import pytest_asyncio

from ilp_monitoring.projections.projection import SituationProjection
from ilp_monitoring.service import SERVICE
from tests.hostile.process import Process, running_process
from tests.hostile.raw import exchange, request, status_of
from tests.service.monitoring.events import MONTH, SHORT, TALL, VILLAGE, WEIGHED, World
from tests.support.apps import Issuer
from tests.support.databases import Databases
from tests.support.feeding import Feed
from tests.support.waiting import eventually

CITY, SCREENS, OF_ONE = "13.76", 1_000, 700
PER_SCREEN_KIB = 200
"""Asserted generously; the test says what it measured when it fails (67 KiB where it was written)."""
STREAM = f"/v1/situations/{CITY}/stream?period={MONTH}"
SNAPSHOT = f"/v1/situations/{CITY}?period={MONTH}"


@dataclass
class Stage:
    """The process, the feed of its database, and the readers' tokens: an account for each role."""

    process: Process
    feed: Feed
    world: World
    issuer: Issuer

    def ask(self, path: str, *, role: str = "dinas", lifetime_s: int = 3600) -> bytes:
        """A request of an account of the city."""
        token = self.issuer.token(role, CITY, lifetime_s=lifetime_s)
        return request("GET", path, {"Authorization": f"Bearer {token}"})


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def stage(databases: Databases, issuer: Issuer, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stage]:
    """Monitoring with one village, serving as many screens as the test opens."""
    folder = tmp_path_factory.mktemp("streams")
    urls = await databases.create(SERVICE)
    settings = {"live_max_streams": str(SCREENS), "live_max_streams_of_one": str(OF_ONE)}
    async with (
        asyncpg.create_pool(urls.app, min_size=1, server_settings={"search_path": SERVICE.schema}) as pool,
        running_process(SERVICE, urls, issuer, folder, **settings) as process,
    ):
        feed, world = Feed(pool, SituationProjection()), World()
        await feed.apply(world.tree(CITY, VILLAGE), world.posyandu("mawar"), world.session("open", "mawar"))
        yield Stage(process, feed, world, issuer)


async def snapshot(stage: Stage) -> dict[str, Any]:
    """The situation as it is read."""
    answer = await exchange(stage.process.url, stage.ask(SNAPSHOT))
    assert answer.status == 200, answer.body
    found: dict[str, Any] = orjson.loads(answer.body)
    return found


class Screens:
    """Open streams; each counts the patches it received."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._place = urlsplit(stage.process.url)
        self._gate = asyncio.Semaphore(10)
        self.readers: list[asyncio.Task[None]] = []
        self.ended = 0
        self.alive: set[int] = set()
        self.patches: list[int] = []

    async def open(self, number: int, *, role: str = "dinas", lifetime_s: int = 3600) -> None:
        """Open screens as pages do, with the sequence they have, ten at a time, until each has heard the server."""
        sequence, first = (await snapshot(self._stage))["sequence"], len(self.patches)
        sent = self._stage.ask(f"{STREAM}&last={sequence}", role=role, lifetime_s=lifetime_s)
        self.readers += [asyncio.create_task(self._read(sent, first + n)) for n in range(number)]
        self.patches += [0] * number
        await eventually(self._all_heard, within_s=300)

    async def _all_heard(self) -> bool:
        return len(self.alive) == len(self.patches)

    async def _read(self, sent: bytes, index: int) -> None:
        async with self._gate:
            reader, writer = await self._connect(sent)
        try:
            while line := await reader.readline():
                if line.startswith(b"event: "):
                    self.alive.add(index)
                self.patches[index] += line.startswith(b"event: indicator")
            self.ended += 1
        finally:
            await _hang_up(writer)

    async def _connect(self, sent: bytes) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """Ask until there is a stream, as a browser does: a busy machine may answer 503 in between."""
        while True:
            reader, writer = await asyncio.open_connection(self._place.hostname, self._place.port)
            writer.write(sent)
            if (await reader.readline()).startswith(b"HTTP/1.1 200"):
                return reader, writer
            await _hang_up(writer)

    async def leave(self) -> None:
        """Close every screen."""
        for reader in self.readers:
            reader.cancel()
        await asyncio.gather(*self.readers, return_exceptions=True)


async def _hang_up(writer: asyncio.StreamWriter) -> None:
    writer.close()
    with suppress(ConnectionError):
        await writer.wait_closed()


@asynccontextmanager
async def screens_of(stage: Stage) -> AsyncIterator[Screens]:
    """Yield a set of screens and close them."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    needed = 3 * SCREENS
    assert hard in (resource.RLIM_INFINITY, -1) or hard >= needed, "this machine allows too few open files"
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, needed), hard))
    screens = Screens(stage)
    try:
        yield screens
    finally:
        await screens.leave()


async def refused_with(stage: Stage, status: int) -> None:
    """Ask for one stream more; the refusal says that there may be a place later."""
    refused = await exchange(stage.process.url, stage.ask(STREAM))
    assert refused.status == status
    assert refused.headers["content-type"] == "application/problem+json"
    assert int(refused.headers["retry-after"]) >= 1
    assert refused.problem["retryable"] is True


async def _lets_in(stage: Stage) -> bool:
    return await status_of(stage.process.url, stage.ask(STREAM)) == 200


async def test_a_thousand_idle_screens(stage: Stage) -> None:
    await eventually(lambda: _lets_in(stage))
    before = stage.process.memory_mib()
    async with screens_of(stage) as screens:
        await screens.open(OF_ONE)
        await refused_with(stage, 429)
        await screens.open(SCREENS - OF_ONE, role="analyst")
        grown = (stage.process.memory_mib() - before) * 1024 / SCREENS
        assert grown < PER_SCREEN_KIB, f"{grown:.0f} KiB for each screen"

        await refused_with(stage, 503)
        await stage.feed.apply(stage.world.screening("s1", "ani", "2024-03", SHORT, observed=WEIGHED))
        (stunting,) = (i for i in (await snapshot(stage))["indicators"] if i["code"] == "STUNTING")
        assert (stunting["numerator"], stunting["denominator"]) == (1, 1)

        async def told() -> bool:
            return min(screens.patches) >= 1

        await eventually(told, within_s=120)
        for n in range(5):  # writes and reads go on while all are open
            await stage.feed.apply(stage.world.screening(f"t{n}", f"b{n}", "2024-03", TALL, observed=WEIGHED))
            await snapshot(stage)
        assert (stage.process.memory_mib("VmHWM") - before) * 1024 / SCREENS < PER_SCREEN_KIB
        assert screens.ended == 0
    await eventually(lambda: _lets_in(stage), within_s=60)


async def test_screens_end_with_their_tokens_and_free_their_places(stage: Stage) -> None:
    async with screens_of(stage) as screens:
        began = time.time()
        await screens.open(100, lifetime_s=20)

        async def all_ended() -> bool:
            return screens.ended == 100

        await eventually(all_ended, within_s=120)
        assert time.time() - began >= 15
    await eventually(lambda: _lets_in(stage), within_s=60)
