"""Rebuilding: from empty to the same numbers, refused while a worker runs; a lost clock costs no event."""

import asyncio
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from pydantic import SecretStr
from typer.testing import CliRunner

from ilp_monitoring.__main__ import cli
from ilp_monitoring.projections.announcements import announce
from ilp_monitoring.projections.clock import ClockMissing
from ilp_monitoring.projections.rebuild import EMPTIED, PRESERVED, rebuild
from ilp_monitoring.recount_runs.models import RecountRunRow
from ilp_monitoring.service import SERVICE
from ilp_shared.bus.consume.applier import Applier
from ilp_shared.bus.consume.positions import PositionMoved
from ilp_shared.bus.contract.envelope import NewEvent
from ilp_shared.bus.relay.lease import Lease
from ilp_shared.operations.maintenance import NotNow
from ilp_shared.waits import Waits
from tests.service.monitoring.archives import Archives, open_archives
from tests.service.monitoring.events import ABROAD, CHILD, ELDER, NEIGHBOUR, PRESSURE, SHORT, TALL, VILLAGE, World
from tests.support.addresses import Address
from tests.support.databases import Databases, DatabaseUrls

_NUMBERS = (
    "SELECT * FROM cell WHERE numerator <> 0 OR denominator <> 0 ORDER BY 1, 2, 3",
    "SELECT * FROM completeness WHERE expected <> 0 ORDER BY 1, 2",
    "SELECT * FROM task_count WHERE open <> 0 OR done <> 0 ORDER BY 1, 2, 3",
    "SELECT * FROM first_in_year WHERE n <> 0 ORDER BY 1, 2, 3",
    "SELECT * FROM posyandu_count WHERE n <> 0 ORDER BY 1",
    "SELECT * FROM arrival ORDER BY 1, 2, 3",
    "SELECT * FROM population WHERE n <> 0 ORDER BY 1, 2, 3",
    "SELECT * FROM sasaran WHERE n <> 0 ORDER BY 1, 2",
    "SELECT * FROM area ORDER BY 1",
)


@pytest_asyncio.fixture(loop_scope="session")
async def urls(databases: Databases) -> DatabaseUrls:
    """Make a new database of monitoring."""
    return await databases.create(SERVICE)


@pytest_asyncio.fixture(loop_scope="session")
async def archives(urls: DatabaseUrls, postgres_url: Address) -> AsyncIterator[Archives]:
    """Open archives and monitoring, empty."""
    async with open_archives(postgres_url, urls) as archives:
        yield archives


def _history(world: World) -> list[NewEvent]:
    return [
        world.tree("13.76", VILLAGE, NEIGHBOUR),
        world.tree("14.72", ABROAD),
        world.posyandu("mawar"),
        world.open_day("open", "mawar"),
        world.person("ani", CHILD, f"{VILLAGE}.RW-01"),
        world.person("budi", ELDER),
        world.screening("s1", "ani", CHILD, SHORT),
        world.screening("s1", "ani", CHILD, TALL),
        world.screening("s2", "budi", ELDER, PRESSURE, village=NEIGHBOUR),
        world.void("s2", "budi", village=NEIGHBOUR),
        world.screening("s3", "budi", ELDER, PRESSURE),
        world.task("t1", "requested"),
    ]


async def _state(archives: Archives) -> list[list[tuple[object, ...]]]:
    return [[tuple(row) for row in await archives.pool.fetch(query)] for query in _NUMBERS]


async def test_what_is_built_again_is_what_was_there(archives: Archives, urls: DatabaseUrls) -> None:
    published = await archives.tell(*_history(World()))
    before, sequence = await _state(archives), await archives.pool.fetchval("SELECT sequence FROM projection_clock")
    assert all(before)
    async with archives.pool.acquire() as conn:
        assert await announce(conn) == 2
    await archives.run("UPDATE cell SET numerator = numerator + 1")
    await archives.run(
        "INSERT INTO partition_seen (domain, partition, next_offset, at, through) VALUES ('t', 0, 1, now(), now())"
    )

    assert await rebuild(SecretStr(urls.owner)) == sequence + 1
    assert await _state(archives) == [
        *([] for _ in _NUMBERS[1:]),
        [("id", "Indonesia", "nation", "negara", None, None, None)],
    ]
    assert await archives.pool.fetchval("SELECT count(*) FROM partition_seen WHERE through IS NOT NULL") == 0

    assert not await archives.deliver(published)
    assert await _state(archives) == before
    assert await archives.pool.fetchval("SELECT sequence FROM projection_clock") == sequence + 2
    report = await archives.recount()
    assert report.equal
    assert report.cells["cell"] > 0
    await archives.run("UPDATE announcement SET at = at - interval '1 hour'")
    async with archives.pool.acquire() as conn:
        assert await announce(conn) == 2
    announced = await archives.pool.fetch("SELECT DISTINCT version, sequence FROM announcement")
    assert [tuple(row) for row in announced] == [(2, sequence + 2)]


async def test_a_worker_that_runs_is_not_overtaken(archives: Archives, urls: DatabaseUrls) -> None:
    world = World()
    await archives.tell(*_history(world))
    before, lease = await _state(archives), Lease(Waits().lease_s)
    async with archives.pool.acquire() as conn:
        assert await lease.acquire(conn)
        with pytest.raises(NotNow, match="worker of monitoring is running"):
            await rebuild(SecretStr(urls.owner))
        assert await _state(archives) == before
        await lease.release(conn)
    worker = Applier(
        archives.pool, SERVICE.make_projection()
    )  # a second one on standby, which read its positions earlier
    await worker.load_positions()
    await rebuild(SecretStr(urls.owner))
    late = await archives.publish(world.task("t1", "completed"))
    with pytest.raises(PositionMoved):
        await worker.apply(late)
    assert await worker.apply(late) == {(event.domain, event.shard) for event in late}


async def test_a_role_that_may_not_empty_tables_gets_the_reason(archives: Archives, urls: DatabaseUrls) -> None:
    await archives.tell(*_history(World()))
    before = await _state(archives)
    with pytest.raises(NotNow, match="owner role"):
        await rebuild(SecretStr(urls.app))
    assert await _state(archives) == before


async def test_without_its_clock_nothing_is_parked_and_a_rebuild_repairs_it(
    archives: Archives, urls: DatabaseUrls
) -> None:
    world = World()
    published = await archives.tell(*_history(world))
    before = await _state(archives)
    await archives.run("DELETE FROM projection_clock")
    late = await archives.publish(world.task("t1", "completed"))
    with pytest.raises(ClockMissing):
        await archives.deliver(late)
    assert await archives.pool.fetchval("SELECT count(*) FROM parked") == 0
    await rebuild(SecretStr(urls.owner))
    await archives.deliver(published)
    assert await _state(archives) == before


def test_every_table_is_decided_about() -> None:
    assert sorted((*EMPTIED, *PRESERVED)) == sorted(table.name for table in RecountRunRow.metadata.sorted_tables)


async def test_the_command_says_what_it_did(urls: DatabaseUrls, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {
        "PROFILE": "development",
        "DATABASE_URL": urls.app,
        "MIGRATE_DATABASE_URL": urls.owner,
        "KAFKA_BOOTSTRAP": "127.0.0.1:1",
        "OIDC_ISSUER": "-",
        "OIDC_JWKS": "-",
    }.items():
        monkeypatch.setenv(f"ILP_MONITORING_{name}", value)
    result = await asyncio.to_thread(CliRunner().invoke, cli, ["rebuild"])
    assert (result.exit_code, result.output) == (
        0,
        "projection emptied at sequence 1; start the worker: it asks for all events again\n",
    )
