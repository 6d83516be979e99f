"""The service as a deployable: migrations match the models, settings refuse what is unsafe, two workers stay exact."""

import asyncio
from pathlib import Path

import asyncpg
import pytest
from pydantic import ValidationError

from ilp_monitoring.projections.clock import forget_changes
from ilp_monitoring.projections.engine import SituationProjection
from ilp_monitoring.projections.housekeeping import KEEP_HOURS
from ilp_monitoring.service import SERVICE
from ilp_monitoring.settings import MonitoringSettings
from ilp_shared.bus.consume.applier import Applier
from ilp_shared.db import migrate
from tests.service.monitoring.conftest import Monitoring
from tests.service.monitoring.events import ABROAD, CHILD, TB_NO, TB_YES, VILLAGE
from tests.support.api import Issuer, open_api
from tests.support.databases import Databases


async def test_the_history_gives_exactly_the_models(databases: Databases) -> None:
    urls = await databases.create(SERVICE)
    await asyncio.to_thread(migrate.check, SERVICE.package, SERVICE.schema, url=urls.owner, app_url=urls.app)


def test_free_sessions_are_refused_in_production() -> None:
    values = {"database_url": "postgresql://x/y", "kafka_bootstrap": "-", "oidc_issuer": "-", "oidc_jwks": "-"}
    with pytest.raises(ValidationError, match="development profile only"):
        MonitoringSettings.model_validate({**values, "profile": "production", "dev_session_key": Path("private.json")})
    assert MonitoringSettings.model_validate({**values, "profile": "production"}).dev_session_key is None


async def test_the_development_run_signs_a_page_reader_in_and_others_do_not(
    databases: Databases, issuer: Issuer
) -> None:
    urls = await databases.create(SERVICE)
    key = str(issuer.folder / "private.json")
    async with open_api(SERVICE, urls, issuer, dev_session_key=key) as api:
        page = await api.client.get("/wilayah/id")
        assert page.status_code == 200
        cookie = page.headers["set-cookie"].lower()
        assert cookie.startswith("ilp_session=")
        assert "httponly" in cookie
        assert "samesite=lax" in cookie
        assert (await api.client.get("/v1/situations/id")).status_code == 200
    async with open_api(SERVICE, urls, issuer) as api:
        assert (await api.client.get("/wilayah/id")).status_code == 401


async def test_one_person_through_two_workers_at_once_counts_once(monitoring: Monitoring) -> None:
    world, feed = monitoring.world, monitoring.feed
    await feed.apply(world.tree("13.76", VILLAGE), world.tree("14.72", ABROAD))
    for attempt in range(10):
        person = f"p{attempt}"
        here = world.screening(f"a{attempt}", person, CHILD, TB_YES)
        there = world.screening(f"b{attempt}", person, CHILD, TB_NO, village=ABROAD, minute=5)
        workers = [Applier(monitoring.resources.database.pool, SituationProjection()) for _ in range(2)]
        for worker in workers:
            await worker.load_positions()
        await asyncio.gather(*(w.apply([feed.number(e)]) for w, e in zip(workers, (here, there), strict=True)))
    assert await monitoring.ratio(VILLAGE, "TB_SUSPECT") == (0, 0)
    assert await monitoring.ratio(ABROAD, "TB_SUSPECT") == (10, 10)
    assert await monitoring.ratio("id", "TB_SUSPECT") == (10, 10)


async def test_old_changes_are_forgotten_and_numbers_stay(monitoring: Monitoring) -> None:
    world = monitoring.world
    await monitoring.feed.apply(world.tree("13.76", VILLAGE), world.screening("s1", "ani", CHILD, TB_YES))
    async with monitoring.resources.database.pool.acquire() as conn:
        await conn.execute(
            "UPDATE projection_batch SET applied_at = applied_at - $1 * interval '1 hour'", KEEP_HOURS + 1
        )
        await monitoring.feed.apply(world.screening("s2", "budi", CHILD, TB_NO))
        await forget_changes(conn, KEEP_HOURS)
        assert [row["sequence"] for row in await conn.fetch("SELECT DISTINCT sequence FROM change")] == [2]
        assert [row["sequence"] for row in await conn.fetch("SELECT sequence FROM projection_batch")] == [2]
    assert await monitoring.ratio(VILLAGE, "TB_SUSPECT") == (1, 2)


@pytest.mark.parametrize(("scope", "seen"), [("id", 2), ("13.76", 1), ("13,14", 2), ("13.7", 0), ("", 0), (None, 0)])
async def test_the_database_itself_keeps_to_the_scope(monitoring: Monitoring, scope: str | None, seen: int) -> None:
    world = monitoring.world
    await monitoring.feed.apply(
        world.person("ani", CHILD),
        world.person("budi", CHILD, ABROAD),
        world.screening("s1", "ani", CHILD, TB_YES),
        world.screening("s2", "budi", CHILD, TB_NO, village=ABROAD),
        world.task("t1", "requested"),
        world.task("t2", "requested", village=ABROAD),
    )
    async with monitoring.resources.database.pool.acquire() as conn, conn.transaction():
        if scope is not None:
            await conn.execute("SELECT set_config('ilp.areas', $1, true)", scope)
        for table in ("resident", "observation", "task_state"):
            people = "task_id" if table == "task_state" else "person_id"
            assert await conn.fetchval(f"SELECT count(DISTINCT {people}) FROM {table}") == seen, table
        if seen < 2:
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await conn.execute(
                    "INSERT INTO resident (person_id, version, sex, birth_month, home_area, active)"
                    " VALUES (gen_random_uuid(), 1, 'male', '2024-01', $1, true)",
                    ABROAD,
                )
