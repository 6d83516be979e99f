"""Live screens and a database in trouble: numbers flow again, and no stale screen is taken for an unchanged one."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg
from pydantic import SecretStr

from ilp_monitoring.projections.engine import SituationProjection
from ilp_monitoring.projections.rebuild import rebuild
from ilp_monitoring.service import SERVICE
from tests.service.monitoring.conftest import Monitoring
from tests.service.monitoring.events import CHILD, SHORT, TALL, VILLAGE
from tests.service.monitoring.screens import CITY, Live, Screen, served
from tests.support.api import Issuer, open_api
from tests.support.databases import Databases, DatabaseUrls
from tests.support.feeding import Feed
from tests.support.waiting import eventually


@asynccontextmanager
async def _live(urls: DatabaseUrls, issuer: Issuer, silence_s: float) -> AsyncIterator[Live]:
    """Serve monitoring, fed over connections of the feed's own."""
    async with (
        open_api(SERVICE, urls, issuer, live_silence_s=str(silence_s)) as api,
        asyncpg.create_pool(urls.app, min_size=1, server_settings={"search_path": SERVICE.schema}) as pool,
        served(Monitoring(api.app, api.client, issuer, Feed(pool, SituationProjection()))) as live,
    ):
        yield live


async def _as_owner(urls: DatabaseUrls, *statements: str) -> None:
    conn = await asyncpg.connect(urls.owner, server_settings={"search_path": SERVICE.schema})
    try:
        for statement in statements:
            await conn.execute(statement)
    finally:
        await conn.close()


async def _ended(screen: Screen) -> bool:
    """Read on until the stream ends."""
    while True:
        try:
            await screen.next()
        except StopAsyncIteration:
            return True


async def test_numbers_flow_again_after_every_connection_was_cut(databases: Databases, issuer: Issuer) -> None:
    urls = await databases.create(SERVICE)
    async with _live(urls, issuer, 30) as live:
        world, start = live.monitoring.world, (await live.monitoring.situation(CITY))["sequence"]
        async with live.screen() as screen:
            await screen.until(start)
            cutter = await asyncpg.connect(urls.app)
            cut = await cutter.fetchval(
                "SELECT count(*) FILTER (WHERE pg_terminate_backend(pid, 5000)) FROM pg_stat_activity"
                " WHERE datname = current_database() AND application_name = 'ilp-monitoring'"
            )
            await cutter.close()
            assert cut >= 2
            await live.monitoring.feed.apply(world.screening("s1", "ani", CHILD, SHORT))
            await screen.until(start + 1)
            assert screen.cells[CITY, "STUNTING"][2:4] == [1, 1]


async def test_streams_end_while_the_database_cannot_be_read_and_work_after_it(
    databases: Databases, issuer: Issuer
) -> None:
    urls = await databases.create(SERVICE)
    async with _live(urls, issuer, 4) as live:
        world = live.monitoring.world
        async with live.screen() as screen:
            await screen.next()
            await _as_owner(urls, "ALTER TABLE partition_seen RENAME TO away")  # an error that no retry would heal
            assert await _ended(screen)
        refused = await live.monitoring.get(f"/v1/situations/{CITY}/stream")
        assert (refused.status_code, refused.headers["retry-after"]) == (503, "2")
        await _as_owner(urls, "ALTER TABLE away RENAME TO partition_seen")
        assert await eventually(live.opens)
        async with live.screen() as screen:
            await screen.next()
            await live.monitoring.feed.apply(world.screening("s1", "ani", CHILD, TALL))
            await screen.until((await live.monitoring.situation(CITY))["sequence"])
            assert screen.cells[CITY, "STUNTING"][2:4] == [0, 1]


async def test_a_rebuild_makes_screens_reload(databases: Databases, issuer: Issuer) -> None:
    urls = await databases.create(SERVICE)
    async with _live(urls, issuer, 30) as live:
        await live.monitoring.feed.apply(live.monitoring.world.screening("s1", "ani", CHILD, SHORT))
        async with live.screen() as screen:
            _, seen, _ = await screen.next()
            sequence = await rebuild(SecretStr(urls.owner))
            assert await _ended(screen)
        assert sequence == int(seen or 0) + 1
        again = Feed(live.monitoring.resources.database.pool, SituationProjection())
        await again.apply(live.monitoring.world.tree(CITY, VILLAGE))
        async with live.screen(last_event_id=seen) as screen:
            assert await screen.next() == ("muat-ulang", str(sequence + 1), {"sequence": sequence + 1})
