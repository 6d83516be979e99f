"""What a worker says and does while Kafka takes connections and never answers.

It is not ready before its relay has compared log and archive. Its last remedy: a part that makes no round any more ends
the process, and its supervisor starts another.
"""

import asyncio
import os
import sys
from base64 import b64encode
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg
import httpx2

from deploy.dev.vault import free_port
from ilp_registry.service import SERVICE as REGISTRY
from ilp_screening.service import SERVICE
from ilp_shared.auth import development
from ilp_shared.bus.archive.unit import open_unit
from ilp_shared.bus.cluster import Cluster
from ilp_shared.bus.relay.lease import Lease
from ilp_shared.ids import new_id
from tests.service.shared.things import DATA, NOW, aggregate
from tests.support.addresses import connected
from tests.support.api import Issuer
from tests.support.children import killed_at_end
from tests.support.commands import environment_of
from tests.support.databases import Databases, DatabaseUrls
from tests.support.plain_http import plain_client
from tests.support.waiting import PATIENCE_S, eventually, patiently

_OLDEST = "ilp_relay_oldest_unpublished_seconds "
_ANOTHER_LEADS = """
UPDATE relay_lease SET holder = 'another', epoch = 1, expires_at = clock_timestamp() + interval '50 seconds'
"""


@asynccontextmanager
async def _silent_broker() -> AsyncIterator[str]:
    """Accept connections and never answer: the consumer waits for its first round for ever."""
    held = asyncio.Event()

    async def listen(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await held.wait()
        writer.close()

    server = await asyncio.start_server(listen, "127.0.0.1", 0)
    try:
        yield f"127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        held.set()
        server.close()
        await server.wait_closed()


async def test_a_worker_without_progress_exits(databases: Databases, issuer: Issuer) -> None:
    urls = await databases.create(SERVICE)
    async with _silent_broker() as bootstrap:
        settings = {
            "PROFILE": "development",
            "DATABASE_URL": urls.app,
            "KAFKA_BOOTSTRAP": bootstrap,
            "WORKER_STATUS_PORT": "0",
            "OIDC_ISSUER": development.ISSUER,
            "OIDC_JWKS": str(issuer.folder / "jwks.json"),
            "WATCHDOG_S": "3",
        }
        worker = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "ilp_screening",
            "worker",
            env={**os.environ, **{f"ILP_SCREENING_{name}": value for name, value in settings.items()}},
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        async with killed_at_end(worker):
            output, _ = await patiently(worker.communicate())
    assert worker.returncode == 1
    for said in (b'"no_progress"', b'"seconds":3.0', b'"process_died"', b"TimeoutError"):
        assert said in output
    assert b"Traceback" not in output


@asynccontextmanager
async def _registry_worker(urls: DatabaseUrls, bootstrap: str) -> AsyncIterator[httpx2.AsyncClient]:
    """Run the registry's worker, which consumes nothing: only its relay needs Kafka."""
    port = free_port()
    keys = {name: b64encode(os.urandom(32)).decode() for name in ("NIK_KEY", "NIK_INDEX_KEY")}
    env = environment_of(REGISTRY, urls, Cluster(bootstrap), WORKER_STATUS_PORT=str(port), **keys)
    worker = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", REGISTRY.package, "worker"), env=env, stdout=asyncio.subprocess.DEVNULL
    )
    try:
        async with plain_client(f"http://127.0.0.1:{port}", timeout=PATIENCE_S) as client:
            yield client
    finally:
        worker.terminate()
        await patiently(worker.wait())


async def _readiness(client: httpx2.AsyncClient) -> httpx2.Response | None:
    try:
        return await client.get("/health/ready")
    except httpx2.TransportError:
        return None


async def test_a_worker_is_not_ready_before_log_and_archive_were_compared(databases: Databases) -> None:
    urls = await databases.create(REGISTRY)
    async with _silent_broker() as bootstrap, _registry_worker(urls, bootstrap) as client:
        response = await eventually(lambda: _readiness(client))
        assert response is not None
        assert response.status_code == 503
        assert "has not yet compared" in response.json()["reason"]["en"]


async def test_a_worker_whose_relay_does_not_lead_is_ready(databases: Databases) -> None:
    urls = await databases.create(REGISTRY)
    async with _silent_broker() as bootstrap, _registry_worker(urls, bootstrap) as client, _database_of(urls) as conn:

        async def ready() -> bool:
            await conn.execute(_ANOTHER_LEADS)  # again and again: it lives, and no machine is too slow for its lease
            response = await _readiness(client)
            return response is not None and response.status_code == 200

        await eventually(ready)


async def test_while_kafka_does_not_answer_the_age_of_what_is_unpublished_grows(databases: Databases) -> None:
    urls = await databases.create(REGISTRY)
    async with _silent_broker() as bootstrap, _registry_worker(urls, bootstrap) as client, _database_of(urls) as conn:
        async with open_unit(conn) as unit:
            unit.emit(DATA, of=aggregate(new_id()), occurred_at=NOW)
        ages: list[float] = []

        async def grows() -> bool:
            if (metrics := await _readings(client)) is not None:
                (line,) = (line for line in metrics.splitlines() if line.startswith(_OLDEST))
                ages.append(float(line.split()[1]))
            return 0 < min(filter(None, ages), default=0) < max(ages, default=0)

        await eventually(grows)


async def _readings(client: httpx2.AsyncClient) -> str | None:
    try:
        return (await client.get("/metrics")).text
    except httpx2.TransportError:
        return None


async def test_a_lease_says_that_its_holder_lives_when_it_is_renewed(databases: Databases) -> None:
    urls = await databases.create(REGISTRY)
    async with _database_of(urls) as conn:
        lease = Lease(6.0)
        await conn.execute(_ANOTHER_LEADS)
        assert not await lease.acquire(conn)
        assert [await lease.is_renewed_by_another(conn) for _ in range(3)] == [False] * 3, "it may have died"
        await conn.execute(_ANOTHER_LEADS)
        assert await lease.is_renewed_by_another(conn)
        await conn.execute("UPDATE relay_lease SET expires_at = '-infinity'")
        assert not await lease.is_renewed_by_another(conn)
        assert await lease.acquire(conn)
        await lease.renew(conn)
        assert not await lease.is_renewed_by_another(conn), "its own is no news"


@asynccontextmanager
async def _database_of(urls: DatabaseUrls) -> AsyncIterator[asyncpg.Connection]:
    conn = await connected(urls.app, server_settings={"search_path": REGISTRY.schema})
    try:
        yield conn
    finally:
        await conn.close()
