"""The order in which events of different aggregates arrive, and how they are cut into batches, does not matter."""

import random
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ilp_monitoring.projections.engine import SituationProjection
from ilp_monitoring.service import SERVICE
from ilp_shared.bus.contract.envelope import NewEvent
from ilp_shared.db.database import Database
from ilp_shared.settings import ServiceSettings
from tests.service.monitoring.events import (
    ABROAD,
    CHILD,
    DAY,
    ELDER,
    IMPLAUSIBLE,
    NEIGHBOUR,
    PRESSURE,
    SHORT,
    TALL,
    TB_NO,
    TB_YES,
    VILLAGE,
    WEIGHED,
    World,
)
from tests.support.databases import Databases
from tests.support.feeding import Feed

_CELLS = "SELECT * FROM cell WHERE numerator <> 0 OR denominator <> 0 ORDER BY 1, 2, 3"
_COMPLETE = "SELECT * FROM completeness WHERE expected <> 0 ORDER BY 1, 2"
_FIRSTS = "SELECT * FROM first_in_year WHERE n <> 0 ORDER BY 1, 2, 3"
_TASKS = "SELECT * FROM task_count WHERE open <> 0 OR done <> 0 ORDER BY 1, 2, 3"
_UNITS = "SELECT * FROM posyandu_count WHERE n <> 0 ORDER BY 1"
_PEOPLE = "SELECT * FROM population WHERE n <> 0 ORDER BY 1, 2, 3"
_SIZES = "SELECT * FROM sasaran WHERE n <> 0 ORDER BY 1, 2"
_ARRIVALS = "SELECT * FROM arrival ORDER BY 1, 2, 3"
_RECORDED = datetime(2026, 11, 10, 4, tzinfo=UTC)
_TABLES = (
    "observation, task_state, open_day, facility_open_days, facility_reports, cell, completeness,"
    " task_count, first_in_year, posyandu_count, arrival, population, sasaran, resident, facility, area_tree, change,"
    " projection_batch"
)
_OTHER_MONTH = DAY.replace(month=9)


def _happenings() -> list[list[NewEvent]]:
    """Return the events of each aggregate, in its own order."""
    world = World()
    return [
        [world.tree("13.76", VILLAGE, NEIGHBOUR)],
        [world.posyandu("mawar")],
        [world.open_day("o1", "mawar"), world.open_day("o1", "mawar", cancelled=True)],
        [world.open_day("o2", "mawar", village=NEIGHBOUR)],
        [world.open_day("o3", "melati", day=_OTHER_MONTH), world.open_day("o3", "melati")],
        [world.person("ani", CHILD), world.person("ani", CHILD, NEIGHBOUR)],
        [world.person("budi", ELDER), world.person("budi", ELDER, active=False)],
        [world.screening("a1", "ani", CHILD, SHORT, observed=WEIGHED), world.screening("a1", "ani", CHILD, TALL)],
        [world.screening("a2", "ani", CHILD, SHORT, minute=3, village=ABROAD), world.void("a2", "ani", village=ABROAD)],
        [world.screening("a3", "ani", CHILD, IMPLAUSIBLE, TB_YES, minute=2, posyandu="melati")],
        [world.screening("b1", "budi", ELDER, PRESSURE, TB_NO, minute=1, village=NEIGHBOUR)],
        [
            world.screening("b2", "budi", ELDER, PRESSURE, day=_OTHER_MONTH),
            world.screening("b2", "budi", ELDER, TB_YES, minute=5, origin=VILLAGE, village=ABROAD),
        ],
        [world.screening("c1", "citra", CHILD, SHORT)],
        [world.screening("c2", "citra", CHILD, TALL)],
        [world.task("t1", "requested"), world.task("t1", "accepted"), world.task("t1", "completed")],
        [world.task("t2", "requested"), world.task("t2", "cancelled")],
    ]


def _interleaved(happenings: Sequence[Sequence[NewEvent]], rng: random.Random) -> list[NewEvent]:
    left = [list(events) for events in happenings]
    order = [index for index, events in enumerate(left) for _ in events]
    rng.shuffle(order)
    return [left[index].pop(0) for index in order]


def _batches(events: list[NewEvent], rng: random.Random) -> list[list[NewEvent]]:
    cuts = sorted(rng.sample(range(1, len(events)), rng.randint(0, 5)))
    return [events[a:b] for a, b in zip([0, *cuts], [*cuts, len(events)], strict=True)]


async def _result(database: Database, batches: Sequence[Sequence[NewEvent]]) -> list[list[Any]]:
    async with database.pool.acquire() as conn:
        await conn.execute(f"TRUNCATE {_TABLES}; UPDATE position SET last = 0; DELETE FROM area WHERE code <> 'id'")
    feed = Feed(database.pool, SituationProjection())
    for batch in batches:
        await feed.apply(*batch, recorded_at=_RECORDED)
    async with database.pool.acquire() as conn:
        return [
            [tuple(row) for row in await conn.fetch(query)]
            for query in (_CELLS, _FIRSTS, _TASKS, _COMPLETE, _UNITS, _PEOPLE, _SIZES, _ARRIVALS)
        ]


async def test_any_order_and_any_batches_give_the_same_numbers(databases: Databases, thorough: bool) -> None:
    urls = await databases.create(SERVICE)
    database = await Database.connect(
        ServiceSettings.model_validate(
            {"database_url": urls.owner, "kafka_bootstrap": "127.0.0.1:1", "oidc_issuer": "-", "oidc_jwks": "-"}
        ),
        SERVICE.schema,
    )
    happenings = _happenings()
    expected = await _result(database, [[event for events in happenings for event in events]])
    assert all(expected)

    @settings(max_examples=25 if thorough else 10, deadline=None, suppress_health_check=list(HealthCheck))
    @given(st.randoms(use_true_random=False))
    def orders(rng: random.Random) -> None:
        plans.append(_batches(_interleaved(happenings, rng), rng))

    plans: list[list[list[NewEvent]]] = []
    orders()
    try:
        for plan in plans:
            assert await _result(database, plan) == expected
    finally:
        await database.close()
