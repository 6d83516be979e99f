"""Events from the archive to Kafka per second, by a service's real worker, beside producing the same records alone."""

import asyncio
import sys
import time

import asyncpg
import orjson
from aiokafka.admin import NewTopic

from deploy.dev.config import ROOT
from ilp_shared.bus.archive import event_log
from ilp_shared.bus.cluster import Cluster
from ilp_shared.bus.contract.catalog import PARTITIONS
from ilp_shared.bus.contract.envelope import NewEvent
from ilp_shared.operations.administration import administering
from tests.load import population, screening_events
from tests.load.figures import Line, Run, in_turns
from tests.load.processes import Meter
from tests.load.raw_producer import TOPIC, Spec
from tests.load.testbed import Testbed
from tests.support.waiting import eventually

EVENTS = 20_000
_RATIO = 0.5


async def run(testbed: Testbed) -> list[Line]:
    """Measure both; returns the lines of the results."""
    await testbed.migrate("screening")
    events = list(screening_events.recorded(population.posyandus(EVENTS // population.PEOPLE)))
    await _make_topic(testbed.kafka.bootstrap)
    async with await testbed.pool("screening") as pool:
        worker = await testbed.work("screening")
        pids = {"worker": worker, **testbed.pids, "Kafka": testbed.kafka_pid}

        async def relay() -> Run:
            return await _relayed(pool, events, pids)

        async def produce() -> Run:
            return await _produced(testbed)

        comparison = await in_turns(relay, produce)
    await testbed.end()
    return comparison.lines("events relayed from archive to Kafka", "events/s", "aiokafka alone", ratio=_RATIO)


async def _make_topic(bootstrap: str) -> None:
    async with administering(Cluster(bootstrap)) as admin:
        await admin.create_topics([NewTopic(TOPIC, PARTITIONS, 1)])


async def _relayed(pool: asyncpg.Pool, events: list[NewEvent], pids: dict[str, int]) -> Run:
    """Archive all events in one transaction and wait until Kafka has acknowledged the last one."""
    before = await _published(pool)
    async with pool.acquire() as conn:
        transaction = conn.transaction()
        await transaction.start()
        await event_log.append(conn, events)
        meter = Meter(pids)
        await transaction.commit()
    started = time.perf_counter()

    async def all_published() -> bool:
        return await _published(pool) == before + len(events)

    await eventually(all_published, within_s=120, every_s=0.01)
    return Run.of(len(events), time.perf_counter() - started, meter.spent())


async def _published(pool: asyncpg.Pool) -> int:
    return int(await pool.fetchval("SELECT sum(published) FROM relay_shard"))


async def _produced(testbed: Testbed) -> Run:
    """Produce the newest events of the archive in a process of its own."""
    spec = Spec(testbed.urls["screening"].app, testbed.kafka.bootstrap, EVENTS)
    meter = Meter({"Kafka": testbed.kafka_pid})
    child = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "tests.load.raw_producer",
        orjson.dumps(tuple(spec)).decode(),
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
    )
    output, _ = await child.communicate()
    assert child.returncode == 0, "producing failed"
    seconds, cpu_s = orjson.loads(output)
    return Run.of(EVENTS, seconds, {"producer": cpu_s, **meter.spent()})
