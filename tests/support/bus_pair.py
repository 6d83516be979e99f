"""A source and a sink of the bus: one database that archives events, one that counts them, a real Kafka between.

The oracle is the sink's table `seen` with a primary key on aggregate and version: an event applied twice breaks
it, an event lost leaves a gap.
"""

import asyncio
from collections.abc import AsyncIterator, Coroutine, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from uuid import UUID, uuid4

import asyncpg

from deploy.dev.kafka_topics import ensure_topics
from ilp_shared.bus.archive.unit import Unit, open_unit
from ilp_shared.bus.cluster import Cluster
from ilp_shared.bus.consume.consumer import Consumer
from ilp_shared.bus.contract.envelope import Aggregate, Event, NewEvent
from ilp_shared.bus.relay.relay import Relay
from ilp_shared.bus.relay.replay import serve_replays
from ilp_shared.bus.tables import add_memory
from ilp_shared.events.base import EventData
from ilp_shared.events.registry.v1 import PersonRegistered
from ilp_shared.operations.administration import administering
from ilp_shared.write.tables import create_platform_tables
from tests.support.addresses import Address, connected, opened_pool, unnamed
from tests.support.waiting import eventually

REGENCIES = ("13.76", "14.72", "33.75", "17.05", "62.10")
DOMAIN = "registry"
"""Whose events the source archives."""
SERVICE = "bus-test"
"""The sink's name, and that of its consumer group."""


class CountingProjection:
    """Writes each event once into `seen`; refuses persons born on the poison day."""

    handles: frozenset[type[EventData]] = frozenset({PersonRegistered})

    def __init__(self) -> None:
        self.poison_day: date | None = None
        self.order: list[tuple[UUID, int]] = []

    async def apply(self, unit: Unit, events: Sequence[Event]) -> None:
        """Insert one row per event; the primary key is the oracle."""
        for event in events:
            if isinstance(event.data, PersonRegistered) and event.data.birth_date == self.poison_day:
                raise ValueError("poison")
        self.order += [(e.aggregate_id, e.aggregate_version) for e in events]
        await unit.conn.executemany(
            "INSERT INTO seen (aggregate_id, version) VALUES ($1, $2)",
            [(e.aggregate_id, e.aggregate_version) for e in events],
        )


@dataclass
class BusPair:
    """Handles of one test: pools, the cluster, what runs."""

    source: asyncpg.Pool
    sink: asyncpg.Pool
    cluster: Cluster
    source_url: Address
    sink_url: Address
    projection: CountingProjection = field(default_factory=CountingProjection)
    tasks: list[asyncio.Task[None]] = field(default_factory=list)

    def start_relay(self) -> Relay:
        """Start a relay with its replay listener; returns it."""
        relay = Relay(self.source, self.cluster, DOMAIN)
        self.tasks += [
            asyncio.create_task(relay.run()),
            asyncio.create_task(serve_replays(relay, self.cluster, DOMAIN)),
        ]
        return relay

    def start_consumer(self) -> Consumer:
        """Start one member of the sink's group; returns it."""
        consumer = Consumer(self.sink, self.cluster, service=SERVICE, sources=[DOMAIN], projection=self.projection)
        self.tasks.append(asyncio.create_task(consumer.run()))
        return consumer

    async def stop_all(self) -> None:
        """Stop everything that runs."""
        for task in self.tasks:
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)
        self.tasks.clear()

    async def archive(self, *events: NewEvent) -> None:
        """Archive events in one transaction, as a command of the source would."""
        async with self.source.acquire() as conn, open_unit(conn) as unit:
            for event in events:
                of = Aggregate(event.aggregate_id, event.aggregate_version, event.home_area)
                unit.emit(event.data, of=of, occurred_at=event.occurred_at)

    async def write(self, aggregate: UUID, version: int, *, born: date = date(2024, 3, 1), regency: int = 0) -> None:
        """Archive one event of a person."""
        await self.archive(person_event(aggregate, version, born=born, regency=regency))

    async def write_many(self, aggregates: int, versions: int) -> list[UUID]:
        """Archive `versions` events for each of `aggregates` persons, spread over the regencies."""
        persons = [uuid4() for _ in range(aggregates)]
        for version in range(1, versions + 1):
            await self.archive(*(person_event(person, version, regency=n) for n, person in enumerate(persons)))
        return persons

    async def seen(self) -> int:
        """Count what the sink applied."""
        return int(await self.sink.fetchval("SELECT count(*) FROM seen"))

    async def archived(self) -> int:
        """Count what the source archived."""
        return int(await self.source.fetchval("SELECT count(*) FROM event_log"))

    async def all_applied(self) -> bool:
        """Tell whether the sink has every archived event (none twice: the primary key)."""
        return await self.seen() == await self.archived()

    async def all_published(self) -> bool:
        """Tell whether Kafka has acknowledged every archived event."""
        waiting = await self.source.fetchval("SELECT count(*) FROM event_log WHERE sequence IS NULL")
        open_shards = await self.source.fetchval("SELECT count(*) FROM relay_shard WHERE published < assigned")
        return bool(waiting == 0 and open_shards == 0)

    async def recreate_topic(self) -> None:
        """Delete the source's topic with all it holds and create it again."""
        await recreate_topic(self.cluster)


def person_event(person: UUID, version: int, *, born: date = date(2024, 3, 1), regency: int = 0) -> NewEvent:
    """Return a PersonRegistered event of a made-up person."""
    village = f"{REGENCIES[regency % len(REGENCIES)]}.01.1001"
    data = PersonRegistered(person_id=person, sex="female", birth_date=born, home_area=village)
    return NewEvent(data, person, version, village, village, datetime.now(UTC))


async def recreate_topic(cluster: Cluster) -> None:
    """Delete the source's topic and create it again, empty."""
    topic = cluster.topic(DOMAIN)
    with unnamed("Kafka"):
        async with administering(cluster) as admin:
            await admin.delete_topics([topic])

            async def gone() -> bool:
                return topic not in await admin.list_topics()

            await eventually(gone)
        await ensure_topics(cluster.bootstrap, cluster.prefix, **cluster.security.options())


@asynccontextmanager
async def running(*parts: Coroutine[None, None, None]) -> AsyncIterator[None]:
    """Run parts of the bus until the context ends."""
    tasks = [asyncio.create_task(part) for part in parts]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


@asynccontextmanager
async def open_bus_pair(server: Address, cluster: Cluster) -> AsyncIterator[BusPair]:
    """Make the two databases and a clean topic; drop the databases afterwards."""
    await recreate_topic(cluster)
    admin = await connected(server)
    names = [f"bus_{side}_{uuid4().hex[:8]}" for side in ("source", "sink")]
    for name in names:
        await admin.execute(f'CREATE DATABASE "{name}"')
    urls = [server.of(name) for name in names]
    source, sink = [await opened_pool(url, min_size=1, max_size=10) for url in urls]
    try:
        await _create_tables(source, [])
        await _create_tables(sink, [DOMAIN])
        await sink.execute("CREATE TABLE seen (aggregate_id uuid, version int, PRIMARY KEY (aggregate_id, version))")
        pair = BusPair(source, sink, cluster, urls[0], urls[1])
        yield pair
        await pair.stop_all()
    finally:
        source.terminate()
        sink.terminate()
        for name in names:
            await admin.execute(f'DROP DATABASE "{name}" WITH (FORCE)')
        await admin.close()


async def _create_tables(pool: asyncpg.Pool, sources: list[str]) -> None:
    scripts: list[str] = []
    create_platform_tables(scripts.append, sources=sources)
    add_memory(scripts.append)
    async with pool.acquire() as conn:
        for script in scripts:
            await conn.execute(script)
