"""A database that is too slow for a batch: it is applied in halves, and the consumer goes on.

What makes it slow is a trigger that waits for an hour when one transaction inserts too many rows, so that it does not
depend on the machine which portions reach the limit of a statement.
"""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Final
from uuid import uuid4

import asyncpg

from ilp_monitoring.service import SERVICE as MONITORING
from ilp_shared.bus.archive.unit import Unit
from ilp_shared.bus.consume.applier import Projection
from ilp_shared.bus.consume.consumer import Consumer
from ilp_shared.bus.contract.envelope import Event
from tests.service.monitoring.events import World
from tests.support.addresses import connected, opened_pool
from tests.support.bus_pair import DOMAIN, SERVICE, BusPair, CountingProjection, person_event, running
from tests.support.commands import read
from tests.support.databases import Databases
from tests.support.waiting import eventually

_REGENCIES: Final = (*(f"13.{number:02}" for number in range(1, 13)), "13.71")
"""More than two for each partition: some partition has three of them at least."""
_LIMIT_MS: Final = 1_000
_SLOW: Final = """
CREATE SEQUENCE ended;  -- counts although the transaction rolls back
GRANT ALL ON SEQUENCE ended TO PUBLIC;
CREATE FUNCTION be_slow() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
  IF (SELECT count(*) FROM {table} WHERE xmin = pg_current_xact_id()::xid) >= {quick} THEN
    PERFORM nextval('ended'), pg_sleep(3600);
  END IF;
  RETURN new;
END $$;
CREATE TRIGGER slow BEFORE INSERT ON {table} FOR EACH ROW EXECUTE FUNCTION be_slow();
"""


class _Noting(CountingProjection):
    """Notes what the watchdog saw when a statement was ended."""

    def __init__(self) -> None:
        super().__init__()
        self.consumer: Consumer | None = None
        self.last_progress: list[float] = []

    async def apply(self, unit: Unit, events: Sequence[Event]) -> None:
        """Apply events."""
        try:
            await super().apply(unit, events)
        except asyncpg.QueryCanceledError:
            assert self.consumer is not None
            self.last_progress.append(self.consumer.last_progress)
            raise


@asynccontextmanager
async def _hurried(
    pair: BusPair, url: str, projection: Projection, service: str = SERVICE, schema: str = "public"
) -> AsyncIterator[Consumer]:
    """Run a consumer whose statements have a short limit."""
    server = {"statement_timeout": str(_LIMIT_MS), "search_path": schema}
    async with await opened_pool(url, min_size=1, max_size=5, server_settings=server) as pool:
        consumer = Consumer(pool, pair.cluster, service=service, sources=[DOMAIN], projection=projection)
        async with running(consumer.run()):
            yield consumer


async def _published(pair: BusPair, events: int) -> None:
    """Archive events of one partition, and wait until a consumer will find them all in its first poll."""
    pair.start_relay()
    await pair.archive(*(person_event(uuid4(), 1) for _ in range(events)))
    await eventually(pair.all_published)


async def test_a_batch_that_is_too_slow_is_applied_in_halves(pair: BusPair) -> None:
    await pair.sink.execute(_SLOW.format(table="seen", quick=2))
    await _published(pair, 16)
    projection = _Noting()
    async with _hurried(pair, pair.sink_url, projection) as consumer:
        projection.consumer = consumer
        await eventually(pair.all_applied)

    together = "SELECT max(n) FROM (SELECT count(*) AS n FROM seen GROUP BY xmin::text) AS transactions"
    assert await pair.sink.fetchval(together) == 2
    assert await pair.sink.fetchval("SELECT count(*) FROM parked") == 0
    assert len(set(projection.last_progress)) > 1, "the watchdog would end a worker that only needs time"


async def test_a_single_event_that_is_too_slow_is_tried_again_and_not_parked(pair: BusPair) -> None:
    await pair.sink.execute(_SLOW.format(table="seen", quick=0))
    await _published(pair, 2)

    async def tried() -> bool:
        return bool(await pair.sink.fetchval("SELECT last_value >= 4 FROM ended"))

    async with _hurried(pair, pair.sink_url, CountingProjection()):
        await eventually(tried)
        assert await pair.sink.fetchval("SELECT (SELECT count(*) FROM seen) + (SELECT count(*) FROM parked)") == 0
        await pair.sink.execute("DROP TRIGGER slow ON seen")
        await eventually(pair.all_applied)


async def test_area_trees_that_come_all_at_once_are_stored_on_a_slow_machine(
    pair: BusPair, databases: Databases
) -> None:
    urls, world = await databases.create(MONITORING), World()
    owner = await connected(urls.owner, server_settings={"search_path": MONITORING.schema})
    await owner.execute(_SLOW.format(table="area_tree", quick=1))
    await owner.close()
    pair.start_relay()
    await pair.archive(*(world.tree(regency, f"{regency}.01.1001") for regency in _REGENCIES))
    await eventually(pair.all_published)

    async def stored() -> bool:
        (row,) = await read(MONITORING, urls, "SELECT count(*) AS n FROM area_tree")
        return bool(row["n"] == len(_REGENCIES))

    async with _hurried(pair, urls.app, MONITORING.make_projection(), MONITORING.name, MONITORING.schema):
        await eventually(stored)
    (row,) = await read(MONITORING, urls, "SELECT is_called, (SELECT count(*) FROM parked) AS parked FROM ended")
    assert tuple(row) == (True, 0)
