"""The stage of the bus tests: one database that archives events, one that counts them, a real Kafka between.

The oracle is the sink's table `seen` with a primary key on aggregate and version: an event applied twice breaks
it, an event lost leaves a gap.
"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from uuid import UUID, uuid4

import asyncpg
from aiokafka.admin import AIOKafkaAdminClient

from deploy.dev.kafka_topics import ensure_topics
from ilp_shared.bus.archive import event_log
from ilp_shared.bus.contract.catalog import TOPICS
from ilp_shared.bus.consume.consumer import Consumer
from ilp_shared.bus.contract.envelope import Event, NewEvent
from ilp_shared.bus.relay.relay import Relay
from ilp_shared.bus.relay.replay import serve_replays
from ilp_shared.db.connection import Connection
from ilp_shared.write.tables import create_platform_tables
from ilp_shared.events.base import EventData
from ilp_shared.events.registry.v1 import PersonRegistered
from tests.support.waiting import eventually

REGENCIES = ("13.76", "14.72", "33.75", "17.05", "62.10")


class CountingProjection:
    """Writes each event once into `seen`; refuses persons born on the poison day."""

    handles: frozenset[type[EventData]] = frozenset({PersonRegistered})

    def __init__(self) -> None:
        self.poison_day: date | None = None
        self.order: list[tuple[UUID, int]] = []

    async def apply(self, conn: Connection, events: Sequence[Event]) -> None:
        """Insert one row per event; the primary key is the oracle."""
        for event in events:
            if isinstance(event.data, PersonRegistered) and event.data.birth_date == self.poison_day:
                raise ValueError("poison")
        self.order += [(e.aggregate_id, e.aggregate_version) for e in events]
        await conn.executemany(
            "INSERT INTO seen (aggregate_id, version) VALUES ($1, $2)",
            [(e.aggregate_id, e.aggregate_version) for e in events],
        )


@dataclass
class Stage:
    """Handles of one test: pools, bootstrap, running parts."""

    source: asyncpg.Pool
    sink: asyncpg.Pool
    bootstrap: str
    source_url: str
    sink_url: str
    projection: CountingProjection = field(default_factory=CountingProjection)
    tasks: list[asyncio.Task[None]] = field(default_factory=list)

    def start_relay(self) -> Relay:
        """Start a relay with its replay listener; returns it."""
        relay = Relay(self.source, self.bootstrap, "registry")
        self.tasks += [
            asyncio.create_task(relay.run()),
            asyncio.create_task(serve_replays(relay, self.bootstrap, "registry")),
        ]
        return relay

    def start_consumer(self) -> Consumer:
        """Start one member of the sink's group; returns it."""
        consumer = Consumer(
            self.sink, self.bootstrap, service="bus-test", sources=["registry"], projection=self.projection
        )
        self.tasks.append(asyncio.create_task(consumer.run()))
        return consumer

    async def stop_all(self) -> None:
        """Stop every running part."""
        for task in self.tasks:
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)
        self.tasks.clear()

    async def write(self, aggregate: UUID, version: int, *, born: date = date(2024, 3, 1), regency: int = 0) -> None:
        """Archive one event, as a command of the source would."""
        async with self.source.acquire() as conn, conn.transaction():
            await event_log.append(conn, [person_event(aggregate, version, born=born, regency=regency)])

    async def write_many(self, aggregates: int, versions: int) -> list[UUID]:
        """Archive `versions` events for each of `aggregates` persons, spread over the regencies."""
        made = [uuid4() for _ in range(aggregates)]
        for version in range(1, versions + 1):
            async with self.source.acquire() as conn, conn.transaction():
                await event_log.append(conn, [person_event(a, version, regency=i) for i, a in enumerate(made)])
        return made

    async def seen(self) -> int:
        """Count what the sink applied."""
        return int(await self.sink.fetchval("SELECT count(*) FROM seen"))

    async def archived(self) -> int:
        """Count what the source archived."""
        return int(await self.source.fetchval("SELECT count(*) FROM event_log"))

    async def all_applied(self) -> bool:
        """Tell whether the sink has every archived event (none twice: the primary key)."""
        return await self.seen() == await self.archived()

    async def recreate_topic(self) -> None:
        """Delete the source's topic with all it holds and make it anew."""
        await recreate_topic(self.bootstrap)


def person_event(aggregate: UUID, version: int, *, born: date = date(2024, 3, 1), regency: int = 0) -> NewEvent:
    """Return a PersonRegistered event of a made-up person."""
    village = f"{REGENCIES[regency % len(REGENCIES)]}.01.1001"
    data = PersonRegistered(person_id=aggregate, sex="female", birth_date=born, home_area=village)
    return NewEvent(data, aggregate, version, village, village, datetime.now(UTC))


async def recreate_topic(bootstrap: str) -> None:
    """Delete the registry topic and make it anew, empty."""
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    try:
        await admin.delete_topics([TOPICS["registry"]])
        await eventually(lambda: _gone(admin))
    finally:
        await admin.close()
    await ensure_topics(bootstrap)


async def _gone(admin: AIOKafkaAdminClient) -> bool:
    return TOPICS["registry"] not in await admin.list_topics()


@asynccontextmanager
async def open_stage(postgres_url: str, bootstrap: str) -> AsyncIterator[Stage]:
    """Make the two databases and a clean topic; drop the databases afterwards."""
    await recreate_topic(bootstrap)
    admin = await asyncpg.connect(postgres_url)
    names = [f"bus_{side}_{uuid4().hex[:8]}" for side in ("source", "sink")]
    for name in names:
        await admin.execute(f'CREATE DATABASE "{name}"')
    base = postgres_url.rpartition("/")[0]
    urls = [f"{base}/{name}" for name in names]
    source, sink = [await asyncpg.create_pool(url, min_size=1, max_size=10) for url in urls]
    try:
        await _create_tables(source, [])
        await _create_tables(sink, ["registry"])
        await sink.execute("CREATE TABLE seen (aggregate_id uuid, version int, PRIMARY KEY (aggregate_id, version))")
        stage = Stage(source, sink, bootstrap, urls[0], urls[1])
        yield stage
        await stage.stop_all()
    finally:
        source.terminate()
        sink.terminate()
        for name in names:
            await admin.execute(f'DROP DATABASE "{name}" WITH (FORCE)')
        await admin.close()


async def _create_tables(pool: asyncpg.Pool, sources: list[str]) -> None:
    scripts: list[str] = []
    create_platform_tables(scripts.append, sources=sources)
    async with pool.acquire() as conn:
        for script in scripts:
            await conn.execute(script)
