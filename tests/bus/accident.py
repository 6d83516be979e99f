"""Screening's database restored to an older state, for test_recovery.py: databases, Kafka, and parts to run.

`before` is the restored state, `now` what it was when it was lost; cluster-services has seen all of it.
"""

import asyncio
import os
import sys
from asyncio.subprocess import PIPE, STDOUT
from collections.abc import AsyncIterator, Coroutine, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from uuid import UUID, uuid4

import asyncpg
from aiokafka import AIOKafkaConsumer

from ilp_cluster_services.service import SERVICE as CLUSTER
from ilp_monitoring.service import SERVICE as MONITORING
from ilp_screening.service import SERVICE as SCREENING
from ilp_shared.bus.archive import event_log
from ilp_shared.operations.administration import administering
from ilp_shared.bus.contract.catalog import TOPICS
from ilp_shared.bus.consume.consumer import Consumer
from ilp_shared.bus.contract.envelope import NewEvent
from ilp_shared.bus.relay.relay import Relay
from ilp_shared.bus.relay.replay import serve_replays
from ilp_shared.operations.topics import make_anew
from ilp_shared.service import Service
from tests.service.cluster.builders import Screened, result
from tests.support.databases import Databases, DatabaseUrls
from tests.support.waiting import eventually

KEPT, LOST = 6, 5
"""Screenings before the copy was made, and after."""
WAITING = 1
"""Of those before: had no sequence when the copy was made."""


@dataclass
class Accident:
    """Handles of one test."""

    bootstrap: str
    before: DatabaseUrls
    now: DatabaseUrls
    cluster: DatabaseUrls
    monitoring: DatabaseUrls
    kept: list[Screened] = field(default_factory=list)
    """Screenings of the copy. The last had no sequence yet: in the copy it waits, in Kafka it has one."""
    lost: list[NewEvent] = field(default_factory=list)

    @asynccontextmanager
    async def relay(self, urls: DatabaseUrls) -> AsyncIterator[Relay]:
        """Run a relay on one of screening's databases."""
        async with _pool(urls, SCREENING.schema) as pool:
            relay = Relay(pool, self.bootstrap, "screening")
            async with _running(relay.run(), serve_replays(relay, self.bootstrap, "screening")):
                yield relay

    @asynccontextmanager
    async def consumer(self) -> AsyncIterator[Consumer]:
        """Run cluster-services' consumer of screening's events."""
        async with _pool(self.cluster, CLUSTER.schema) as pool:
            projection = CLUSTER.make_projection()
            consumer = Consumer(
                pool, self.bootstrap, service=CLUSTER.name, sources=["screening"], projection=projection
            )
            async with _running(consumer.run()):
                yield consumer

    @asynccontextmanager
    async def member(self, service: Service) -> AsyncIterator[None]:
        """Be a member of a service's consumer group that has read the topic and says so."""
        client = AIOKafkaConsumer(
            TOPICS["screening"],
            bootstrap_servers=self.bootstrap,
            group_id=f"ilp-{service.name}",
            enable_auto_commit=False,
            auto_offset_reset="earliest",
        )
        await client.start()

        async def joined() -> bool:
            await client.getmany(timeout_ms=100)
            return bool(client.assignment())

        try:
            await eventually(joined, within_s=60)
            await client.seek_to_beginning()
            await client.getone()
            await client.commit()
            yield
        finally:
            await client.stop()

    async def delivered(self, urls: DatabaseUrls) -> None:
        """Run both until cluster-services has applied all that is archived."""
        async with self.relay(urls), self.consumer():
            await eventually(lambda: self._applied(urls), within_s=60)

    async def command(
        self, service: Service, urls: DatabaseUrls, *arguments: str, failpoint: str = ""
    ) -> tuple[int, str]:
        """Run a command of a service on one of its databases: exit code and what it printed."""
        return await run_command(self.bootstrap, service, urls, *arguments, failpoint=failpoint)

    async def archive(self, urls: DatabaseUrls, events: Sequence[NewEvent]) -> None:
        """Archive events, as commands would."""
        async with _pool(urls, SCREENING.schema) as pool, pool.acquire() as conn, conn.transaction():
            await event_log.append(conn, events)

    async def _applied(self, urls: DatabaseUrls) -> bool:
        archived = await read(SCREENING, urls, "SELECT count(*) AS n, count(sequence) AS sent FROM event_log")
        applied = await read(CLUSTER, self.cluster, "SELECT sum(last) AS n FROM position WHERE domain = 'screening'")
        return bool(archived[0]["n"] == archived[0]["sent"] == applied[0]["n"])


async def run_command(
    bootstrap: str, service: Service, urls: DatabaseUrls, *arguments: str, failpoint: str = ""
) -> tuple[int, str]:
    """Run a command of a service: exit code and what it printed."""
    env = {**environment(bootstrap, service, urls), "ILP_FAILPOINT": failpoint}
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-m", service.package, *arguments, env=env, stdout=PIPE, stderr=STDOUT
    )
    output, _ = await child.communicate()
    assert child.returncode is not None
    return child.returncode, _without_log(output.decode())


def environment(bootstrap: str, service: Service, urls: DatabaseUrls, **more: str) -> dict[str, str]:
    """Everything a process of a service needs to know."""
    values = {
        "DATABASE_URL": urls.app,
        "MIGRATE_DATABASE_URL": urls.owner,
        "KAFKA_BOOTSTRAP": bootstrap,
        "OIDC_ISSUER": "-",
        "OIDC_JWKS": "-",
        **more,
    }
    return {**os.environ, **{f"ILP_{service.schema.upper()}_{name}": value for name, value in values.items()}}


def _without_log(output: str) -> str:
    """What a command says itself, without the lines of its log."""
    return "\n".join(line for line in output.splitlines() if '"logger":' not in line)


async def read(service: Service, urls: DatabaseUrls, statement: str) -> list[asyncpg.Record]:
    """Run a statement in a service's database, all areas in scope."""
    conn = await asyncpg.connect(urls.app, server_settings={"search_path": service.schema, "ilp.areas": "id"})
    try:
        return list(await conn.fetch(statement))
    finally:
        await conn.close()


@asynccontextmanager
async def open_accident(
    postgres_url: str, bootstrap: str, databases: Databases, *, losing: bool = True
) -> AsyncIterator[Accident]:
    """Record and deliver, copy the database, record and deliver more; nothing more where nothing is to be lost."""
    async with administering(bootstrap) as admin:
        await make_anew(admin, TOPICS["screening"])
    now, cluster, monitoring = [await databases.create(service) for service in (SCREENING, CLUSTER, MONITORING)]
    copy = f"t_restored_{uuid4().hex[:8]}"
    before = DatabaseUrls(*(url.rpartition("/")[0] + f"/{copy}" for url in (now.app, now.owner)))
    accident = Accident(bootstrap, before, now, cluster, monitoring)
    posyandu = uuid4()
    accident.kept = [Screened(posyandu) for _ in range(KEPT)]
    events = [one.recorded(result("R", "CONTROL")) for one in accident.kept]
    await accident.archive(now, events[:-WAITING])
    await accident.delivered(now)
    await accident.archive(now, events[-WAITING:])
    server = await asyncpg.connect(postgres_url)
    try:
        await server.execute(f'CREATE DATABASE "{copy}" TEMPLATE "{now.app.rpartition("/")[2]}"')
        if losing:
            accident.lost = _afterwards(accident.kept[0], posyandu)
            await accident.archive(now, accident.lost)
        await accident.delivered(now)
        yield accident
    finally:
        await server.execute(f'DROP DATABASE IF EXISTS "{copy}" WITH (FORCE)')
        await server.close()


def _afterwards(known: Screened, posyandu: UUID) -> list[NewEvent]:
    """New screenings, one of them corrected, and a correction of one that was there: it withdraws a task."""
    fresh = [Screened(posyandu) for _ in range(LOST)]
    first = [one.recorded(result("R", "CONTROL")) for one in fresh]
    return [*first, fresh[0].recorded(result("R", "CONTROL", "REFER")), known.recorded(result("R"))]


@asynccontextmanager
async def _pool(urls: DatabaseUrls, schema: str) -> AsyncIterator[asyncpg.Pool]:
    async with asyncpg.create_pool(urls.app, min_size=1, max_size=5, server_settings={"search_path": schema}) as pool:
        yield pool


@asynccontextmanager
async def _running(*parts: Coroutine[None, None, None]) -> AsyncIterator[None]:
    tasks = [asyncio.create_task(part) for part in parts]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
