"""Screening's database restored to an older state, for test_recovery.py: databases, Kafka, and what runs on them.

`before` is the restored state, `now` what it was when it was lost; cluster-services has seen all of it.
"""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from uuid import UUID, uuid4

import asyncpg
from aiokafka import AIOKafkaConsumer

from ilp_cluster_services.service import SERVICE as CLUSTER
from ilp_monitoring.service import SERVICE as MONITORING
from ilp_screening.service import SERVICE as SCREENING
from ilp_shared.bus.archive import event_log
from ilp_shared.bus.clients import started
from ilp_shared.bus.cluster import Cluster
from ilp_shared.bus.consume.consumer import Consumer
from ilp_shared.bus.contract.envelope import NewEvent
from ilp_shared.bus.relay.relay import Relay
from ilp_shared.bus.relay.replay import serve_replays
from ilp_shared.operations.administration import administering
from ilp_shared.operations.topics import recreate
from ilp_shared.service import Service
from tests.service.cluster.builders import Screened, result
from tests.support.addresses import Address, connected, opened_pool
from tests.support.bus_pair import running
from tests.support.commands import read, run_command
from tests.support.databases import Databases, DatabaseUrls
from tests.support.waiting import eventually

BEFORE, LOST = 6, 5
"""Screenings before the copy was made, and after."""
WAITING = 1
"""Of those before: had no sequence when the copy was made."""


@dataclass
class Incident:
    """Handles of one test."""

    kafka: Cluster
    before: DatabaseUrls
    now: DatabaseUrls
    cluster: DatabaseUrls
    monitoring: DatabaseUrls
    copied: list[Screened] = field(default_factory=list)
    """Screenings of the copy. The last had no sequence yet: in the copy it waits, in Kafka it has one."""
    lost: list[NewEvent] = field(default_factory=list)

    @asynccontextmanager
    async def relay(self, urls: DatabaseUrls) -> AsyncIterator[Relay]:
        """Run a relay on one of screening's databases."""
        async with _pool(urls, SCREENING.schema) as pool:
            relay = Relay(pool, self.kafka, "screening")
            async with running(relay.run(), serve_replays(relay, self.kafka, "screening")):
                yield relay

    @asynccontextmanager
    async def consumer(self) -> AsyncIterator[Consumer]:
        """Run cluster-services' consumer of screening's events."""
        async with _pool(self.cluster, CLUSTER.schema) as pool:
            projection = CLUSTER.make_projection()
            consumer = Consumer(pool, self.kafka, service=CLUSTER.name, sources=["screening"], projection=projection)
            async with running(consumer.run()):
                yield consumer

    @asynccontextmanager
    async def member(self, service: Service) -> AsyncIterator[None]:
        """Be a member of a service's consumer group that has read the topic and says so."""
        client = AIOKafkaConsumer(
            self.kafka.topic("screening"),
            bootstrap_servers=self.kafka.bootstrap,
            group_id=self.kafka.group(service.name),
            enable_auto_commit=False,
            auto_offset_reset="earliest",
        )

        async def joined() -> bool:
            await client.getmany(timeout_ms=100)
            return bool(client.assignment())

        async with started(client):
            await eventually(joined, within_s=60)
            await client.seek_to_beginning()
            await client.getone()
            await client.commit()
            yield

    async def delivered(self, urls: DatabaseUrls) -> None:
        """Run both until cluster-services has applied all that is archived."""
        async with self.relay(urls), self.consumer():
            await eventually(lambda: self._applied(urls), within_s=60)

    async def command(
        self, service: Service, urls: DatabaseUrls, *arguments: str, failpoint: str = ""
    ) -> tuple[int, str]:
        """Run a command of a service on one of its databases: exit code and what it printed."""
        return await run_command(service, urls, *arguments, cluster=self.kafka, failpoint=failpoint)

    async def archive(self, urls: DatabaseUrls, events: Sequence[NewEvent]) -> None:
        """Archive events, as commands would."""
        async with _pool(urls, SCREENING.schema) as pool, pool.acquire() as conn, conn.transaction():
            await event_log.append(conn, events)

    async def _applied(self, urls: DatabaseUrls) -> bool:
        archived = await read(SCREENING, urls, "SELECT count(*) AS n, count(sequence) AS sent FROM event_log")
        applied = await read(CLUSTER, self.cluster, "SELECT sum(last) AS n FROM position WHERE domain = 'screening'")
        return bool(archived[0]["n"] == archived[0]["sent"] == applied[0]["n"])


@asynccontextmanager
async def open_incident(
    server: Address, kafka: Cluster, databases: Databases, *, losing: bool = True
) -> AsyncIterator[Incident]:
    """Record and deliver, copy the database, record and deliver more; nothing more where nothing is to be lost."""
    async with administering(kafka) as admin:
        await recreate(admin, kafka.topic("screening"))
    now, cluster, monitoring = [await databases.create(service) for service in (SCREENING, CLUSTER, MONITORING)]
    copy = f"t_restored_{uuid4().hex[:8]}"
    incident = Incident(kafka, now.of(copy), now, cluster, monitoring)
    posyandu = uuid4()
    incident.copied = [Screened(posyandu) for _ in range(BEFORE)]
    events = [one.recorded(result("R", "CONTROL")) for one in incident.copied]
    await incident.archive(now, events[:-WAITING])
    await incident.delivered(now)
    await incident.archive(now, events[-WAITING:])
    admin_connection = await connected(server)
    try:
        await admin_connection.execute(f'CREATE DATABASE "{copy}" TEMPLATE "{now.name}"')
        if losing:
            incident.lost = _afterwards(incident.copied[0], posyandu)
            await incident.archive(now, incident.lost)
        await incident.delivered(now)
        yield incident
    finally:
        await admin_connection.execute(f'DROP DATABASE IF EXISTS "{copy}" WITH (FORCE)')
        await admin_connection.close()


def _afterwards(known: Screened, posyandu: UUID) -> list[NewEvent]:
    """Return new screenings, one of them corrected, and a correction of one that was there: it withdraws a task."""
    later = [Screened(posyandu) for _ in range(LOST)]
    first = [one.recorded(result("R", "CONTROL")) for one in later]
    return [*first, later[0].recorded(result("R", "CONTROL", "REFER")), known.recorded(result("R"))]


@asynccontextmanager
async def _pool(urls: DatabaseUrls, schema: str) -> AsyncIterator[asyncpg.Pool]:
    async with await opened_pool(urls.app, min_size=1, max_size=5, server_settings={"search_path": schema}) as pool:
        yield pool
