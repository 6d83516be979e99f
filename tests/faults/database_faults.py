"""PostgreSQL killed, restarted, full, locked, out of connections: requests are refused in time, workers come back.

One server holds all four databases here, so every fault but the locks hurts every service.
"""

import asyncio
import os
import random
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg

from tests.faults.fault import COMMANDS, DATABASE, fault
from tests.faults.platform import BreakablePlatform
from tests.faults.refusals import is_refusal, until_read_refused, until_refused
from tests.faults.workload import Workload
from tests.support.waiting import eventually

HOT = {
    "registry": ("person", "event_log"),
    "screening": ("screening", "idempotency_key"),
    "cluster_services": ("task",),
    "monitoring": ("cell", "position"),
}
"""Tables that commands, reads, relay and projections need, by service."""
READS_OF_LOCKED = (
    "/registry/v1/persons",
    "/cluster-services/v1/tasks",
    "/monitoring/v1/situations/{area}",
)
"""What reads one of these tables, besides screening's."""
_LOCK = "SET deadlock_timeout = '1h'; BEGIN; LOCK TABLE {tables}; SELECT pg_sleep({seconds}); COMMIT"
"""In a deadlock with this the other one gives way."""
_SHORTEST_LOCK_S = 10.0
POOL = 10
"""Connections of each pool of an API (`pool_size`)."""
BATCH = 400


@fault("PostgreSQL killed -9", group="database", touches=DATABASE, smoke=True)
async def killed(platform: BreakablePlatform, work: Workload, rng: random.Random) -> None:
    """Server and backends at once, as in a power cut; what was committed is recovered from the write-ahead log."""
    await platform.postgres.kill()
    await until_refused(work)
    work.hurt_ended()
    await platform.postgres.start()


@fault("PostgreSQL restarted, fast", group="database", touches=DATABASE)
async def restarted_fast(platform: BreakablePlatform, work: Workload, rng: random.Random) -> None:
    """Shut down so that every connection is notified."""
    await platform.postgres.stop()
    await until_refused(work)
    work.hurt_ended()
    await platform.postgres.start()


@fault("PostgreSQL restarted, immediately, in the middle of a batch", group="database", touches=(*DATABASE, *COMMANDS))
async def restarted_during_a_batch(platform: BreakablePlatform, work: Workload, rng: random.Random) -> None:
    """Stop between commits of one batch; the batch is sent again."""
    person = await work.somebody()
    commands = [work.drafts.screening(person) for _ in range(BATCH)]
    async with _watching(platform, "screening") as conn:
        sending = asyncio.create_task(work.client.send_batch(commands))
        await eventually(lambda: _has_begun(conn, person.id), every_s=0.001)
        await _stop_immediately(platform)
    assert not sending.done(), "the batch was faster than the shutdown"
    work.hurt_ended()
    await platform.postgres.start()
    stored = await platform.rows("screening", "SELECT count(*) FROM screening WHERE person_id = $1", person.id)
    assert 1 < stored[0][0] < BATCH, "the shutdown did not hit the middle of the batch"
    await sending


@fault("tables locked for longer than statements may wait", group="database", touches=DATABASE)
async def tables_locked(platform: BreakablePlatform, work: Workload, rng: random.Random) -> None:
    """Lock what commands, relays, projections and pages read; every service refuses in time."""
    village = work.villages[0]
    seconds = max(2 * platform.waits.statement_s, _SHORTEST_LOCK_S)
    async with asyncio.TaskGroup() as group:
        for service, tables in HOT.items():
            group.create_task(platform.script(service, _LOCK.format(tables=", ".join(tables), seconds=seconds)))
        await asyncio.gather(
            until_refused(work),
            *(until_read_refused(work, path.format(area=village.code), village) for path in READS_OF_LOCKED),
        )


@fault("every connection of an API's pool taken", group="database", touches=DATABASE)
async def pool_exhausted(platform: BreakablePlatform, work: Workload, rng: random.Random) -> None:
    """More requests wait for a lock than there are connections; the others wait for a connection, not for ever."""
    async with _locked(platform, "screening", "screening"):
        village = work.villages[0]
        query = {"facility": village.facility}
        async with asyncio.TaskGroup() as group:
            asked = [group.create_task(work.read("/screening/v1/screenings", village, query)) for _ in range(5 * POOL)]
            await eventually(lambda: _all_wait(platform))
            await until_refused(work)
        assert all(is_refusal(task.result()) for task in asked)


@fault("the database refuses connections", group="database", touches=DATABASE)
async def connections_refused(platform: BreakablePlatform, work: Workload, rng: random.Random) -> None:
    """As when too many clients are connected: those of a service are cut and get no others."""
    role = "ilp_screening"
    await platform.script("screening", f"ALTER ROLE {role} CONNECTION LIMIT 0")
    await platform.rows("screening", "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = $1", role)
    await until_refused(work)
    await platform.script("screening", f"ALTER ROLE {role} CONNECTION LIMIT -1")


async def _stop_immediately(platform: BreakablePlatform) -> None:
    """End the server without a notice to its clients (SIGQUIT), and wait until it has ended."""
    pid = platform.postgres.pid
    assert pid is not None
    os.kill(pid, signal.SIGQUIT)

    async def ended() -> bool:
        return platform.postgres.pid is None

    await eventually(ended)


@asynccontextmanager
async def _watching(platform: BreakablePlatform, service: str) -> AsyncIterator[asyncpg.Connection]:
    """Yield a connection of the test's own, past the proxy; it may end with the server."""
    conn = await asyncpg.connect(platform.database_of(service), server_settings={"search_path": service})
    try:
        yield conn
    finally:
        conn.terminate()


@asynccontextmanager
async def _locked(platform: BreakablePlatform, service: str, table: str) -> AsyncIterator[None]:
    """Lock the table against all others, readers included."""
    async with _watching(platform, service) as conn, conn.transaction():
        await conn.execute(f"LOCK TABLE {table}")
        yield


async def _has_begun(conn: asyncpg.Connection, person: str) -> bool:
    return int(await conn.fetchval("SELECT count(*) FROM screening WHERE person_id = $1", person)) > 1


async def _all_wait(platform: BreakablePlatform) -> bool:
    """Tell whether as many of screening's connections wait for a lock as a pool has."""
    statement = "SELECT count(*) FROM pg_stat_activity WHERE usename = 'ilp_screening' AND wait_event_type = 'Lock'"
    return int((await platform.rows("screening", statement))[0][0]) >= POOL
