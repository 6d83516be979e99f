"""A history fed to the projection, and every row it must leave: cells, completeness, residents, sasaran, clock."""

from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from typing import Any

import asyncpg
import pytest_asyncio

from ilp_monitoring.projections.engine import SituationProjection
from ilp_monitoring.sasaran.loader import regency_sizes
from ilp_monitoring.service import SERVICE
from ilp_shared.areas import lineage
from tests.service.monitoring.events import (
    CHILD,
    DAY,
    ELDER,
    NEIGHBOUR,
    PRESSURE,
    SHORT,
    TALL,
    TB_NO,
    TB_YES,
    VILLAGE,
    WEIGHED,
    World,
    id_of,
)
from tests.support.databases import Databases
from tests.support.feeding import Feed

CITY, NOVEMBER, SEPTEMBER = "13.76", "2026-11", "2026-09"
LAST_MONTH = DAY.replace(month=9)
Numbers = dict[tuple[str, ...], tuple[int, ...]]


@pytest_asyncio.fixture(loop_scope="session")
async def pool(databases: Databases) -> AsyncIterator[asyncpg.Pool]:
    """Open connections of the app role to a new database."""
    urls = await databases.create(SERVICE)
    settings = {"search_path": SERVICE.schema}
    async with asyncpg.create_pool(urls.app, min_size=1, max_size=2, server_settings=settings) as opened:
        yield opened


async def _numbers(pool: asyncpg.Pool, query: str, keys: int) -> Numbers:
    async with pool.acquire() as conn, conn.transaction():
        await conn.execute("SELECT set_config('ilp.areas', 'id', true)")
        rows = await conn.fetch(query)
    return {tuple(row[:keys]): tuple(row[keys:]) for row in rows}


def _at_every_level(villages: Numbers) -> Numbers:
    total: Numbers = {}
    for (village, *rest), numbers in villages.items():
        for area in lineage(village):
            known = total.get((area, *rest), (0,) * len(numbers))
            total[area, *rest] = tuple(a + b for a, b in zip(known, numbers, strict=True))
    return total


async def _clock(pool: asyncpg.Pool) -> tuple[int, Any]:
    row = await pool.fetchrow("SELECT sequence, as_of FROM projection_clock")
    assert row is not None
    return row["sequence"], row["as_of"]


async def _feed(feed: Feed) -> datetime:
    """Feed the history in three batches; returns when its last event was recorded."""
    world = World()
    await feed.apply(world.tree(CITY, VILLAGE, NEIGHBOUR), world.posyandu("mawar"), world.posyandu("melati", NEIGHBOUR))
    await feed.apply(
        world.open_day("o1", "mawar"),
        world.open_day("o2", "melati", LAST_MONTH, NEIGHBOUR),
        world.open_day("o3", "mawar", village=NEIGHBOUR),
        world.person("ani", CHILD),
        world.person("budi", ELDER),
        world.person("citra", CHILD, NEIGHBOUR),
        world.screening("a1", "ani", CHILD, SHORT, TB_YES, observed=WEIGHED),
        world.screening("b1", "budi", ELDER, PRESSURE, TB_NO, village=NEIGHBOUR),
        world.screening("c1", "citra", CHILD, TALL, observed=WEIGHED, village=NEIGHBOUR, posyandu="melati"),
        world.screening("d1", "dewi", CHILD, SHORT, observed=WEIGHED, day=LAST_MONTH, posyandu="melati"),
        world.task("t1", "requested"),
        world.task("t2", "requested", village=f"{NEIGHBOUR}.RW-01"),
        world.task("t3", "accepted"),
        world.task("t4", "requested", opened=LAST_MONTH),
    )
    last = await feed.apply(
        world.open_day("o3", "mawar", village=NEIGHBOUR, cancelled=True),
        world.open_day("o2", "melati", village=NEIGHBOUR),
        world.open_day("o4", "mawar", LAST_MONTH),
        world.open_day("o4", "mawar", LAST_MONTH, cancelled=True),
        world.person("budi", ELDER, f"{NEIGHBOUR}.RW-01"),
        world.person("citra", CHILD, NEIGHBOUR, active=False),
        world.screening("a2", "ani", CHILD, TALL, minute=5, village=NEIGHBOUR),
        world.screening("b1", "budi", ELDER, PRESSURE, village=NEIGHBOUR),
        world.void("d1", "dewi"),
        world.task("t2", "completed", village=NEIGHBOUR),
        world.task("t3", "cancelled"),
    )
    return max(event.recorded_at for event in last)


async def test_a_history_leaves_exactly_these_rows(pool: asyncpg.Pool) -> None:
    recorded = await _feed(Feed(pool, SituationProjection()))

    cells = await _numbers(pool, "SELECT * FROM cell WHERE (numerator, denominator) <> (0, 0)", 3)
    assert cells == _at_every_level(
        {
            (NEIGHBOUR, NOVEMBER, "D_S"): (2, 0),
            (NEIGHBOUR, NOVEMBER, "STUNTING"): (0, 2),
            (NEIGHBOUR, NOVEMBER, "TB_SUSPECT"): (1, 1),
            (NEIGHBOUR, NOVEMBER, "BP_ADULT"): (1, 0),
            (VILLAGE, NOVEMBER, "FOLLOW_UP_OPEN"): (1, 1),
            (NEIGHBOUR, NOVEMBER, "FOLLOW_UP_OPEN"): (0, 1),
            (VILLAGE, SEPTEMBER, "FOLLOW_UP_OPEN"): (1, 1),
        }
    )
    complete = await _numbers(pool, "SELECT * FROM completeness WHERE (expected, reported) <> (0, 0)", 2)
    assert complete == _at_every_level({(VILLAGE, NOVEMBER): (1, 1), (NEIGHBOUR, NOVEMBER): (1, 1)})
    people = await _numbers(pool, "SELECT * FROM population WHERE n <> 0", 3)
    assert people == _at_every_level({(VILLAGE, CHILD, "female"): (1,), (NEIGHBOUR, ELDER, "female"): (1,)})
    assert await _clock(pool) == (3, recorded)


async def test_trees_share_a_regency_among_its_villages_and_a_newer_tree_replaces(pool: asyncpg.Pool) -> None:
    world, feed = World(), Feed(pool, SituationProjection())
    first, second = world.tree(CITY, VILLAGE, NEIGHBOUR), world.tree(CITY, VILLAGE)
    third = f"{CITY}.02.1001"
    await feed.apply(second, first)  # the newer one wins, also when it comes first
    assert await _sizes(pool) == _shared([VILLAGE])
    await feed.apply(world.tree(CITY, VILLAGE, third, NEIGHBOUR), world.tree("99.99", "99.99.01.1001"))
    assert await _sizes(pool) == _shared(sorted([VILLAGE, third, NEIGHBOUR]))
    areas = await pool.fetch("SELECT code, level, parent_code FROM area WHERE starts_with(code, $1)", CITY)
    assert {(row["code"], row["level"], row["parent_code"]) for row in areas} == {
        (CITY, "regency", "13"),
        (f"{CITY}.01", "district", CITY),
        (f"{CITY}.02", "district", CITY),
        *((village, "village", village[:8]) for village in (VILLAGE, NEIGHBOUR, third)),
    }
    await feed.apply(first)
    assert await _sizes(pool) == _shared(sorted([VILLAGE, third, NEIGHBOUR]))


async def _sizes(pool: asyncpg.Pool) -> Numbers:
    return await _numbers(pool, "SELECT * FROM sasaran WHERE n <> 0", 2)


def _shared(villages: Sequence[str]) -> Numbers:
    """Spread a regency's persons of each group evenly: the first villages have one more."""
    shares: Numbers = {}
    for group, size in regency_sizes(CITY).items():
        each, left = divmod(size, len(villages))
        shares |= {(village, group): (each + (n < left),) for n, village in enumerate(villages)}
    return _at_every_level(shares)


async def test_of_a_facility_the_newest_version_is_kept(pool: asyncpg.Pool) -> None:
    world, feed = World(), Feed(pool, SituationProjection())
    first = world.posyandu("mawar")
    second = world.posyandu("mawar", NEIGHBOUR, example=True)
    await feed.apply(second, first)
    assert await _facility(pool, "mawar") == (2, "posyandu", "mawar", NEIGHBOUR, True)
    await feed.apply(world.posyandu("mawar", example=True))
    assert await _facility(pool, "mawar") == (3, "posyandu", "mawar", VILLAGE, True)


async def _facility(pool: asyncpg.Pool, name: str) -> tuple[object, ...]:
    [row] = await pool.fetch(
        "SELECT version, kind, name, area_code, example_data FROM facility WHERE facility_id = $1", id_of(name)
    )
    return tuple(row)
