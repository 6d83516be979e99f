"""Readiness and the schema: an older one than the release needs is not ready, a newer one is, in every process.

No process needs a restart: one that came before its migrations is ready once they have run, if its keys fit the data.
"""

import asyncio
import json
import os
import sys
from base64 import b64encode
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

import httpx2
import pytest

from deploy.dev.vault import free_port
from ilp_cluster_services.service import SERVICE as CLUSTER
from ilp_monitoring.service import SERVICE as MONITORING
from ilp_registry.service import SERVICE as REGISTRY
from ilp_screening.service import SERVICE as SCREENING
from ilp_shared.db.migrate import revisions_of, upgrade
from ilp_shared.service import Service
from tests.service.registry.key_places import new_nik, processes
from tests.support.addresses import connected
from tests.support.api import Api, Issuer, open_api
from tests.support.children import killed_at_end
from tests.support.commands import NO_KAFKA, environment_of
from tests.support.databases import Databases, DatabaseUrls
from tests.support.plain_http import plain_client
from tests.support.waiting import PATIENCE_S, eventually, patience, patiently

SERVICES = [REGISTRY, SCREENING, CLUSTER, MONITORING]
ALL = pytest.mark.parametrize("service", SERVICES, ids=[service.name for service in SERVICES])
KEYS = ("nik_key", "nik_index_key")
ANOTHER_LEADS = """
UPDATE relay_lease SET holder = 'another', epoch = 1, expires_at = clock_timestamp() + interval '50 seconds'
"""
"""A worker whose relay need not lead is ready without Kafka."""


def keys_of(service: Service) -> dict[str, str]:
    """Return keys for the registry, which does not start without."""
    return {name: b64encode(os.urandom(32)).decode() for name in KEYS} if service is REGISTRY else {}


async def unmigrated(service: Service, databases: Databases) -> DatabaseUrls:
    """Return a database of a service that no revision has run on."""
    urls = await databases.create(service)
    await as_owner(service, urls, f"DROP SCHEMA {service.schema} CASCADE")
    return urls


async def migrated(service: Service, urls: DatabaseUrls) -> None:
    """Bring a database to the newest revision."""
    await asyncio.to_thread(upgrade, service.package, service.schema, url=urls.owner, app_url=urls.app)


async def as_owner(service: Service, urls: DatabaseUrls, script: str) -> None:
    """Run a script as the owner of the schema."""
    conn = await connected(urls.owner, server_settings={"search_path": service.schema})
    try:
        await conn.execute(script)
    finally:
        await conn.close()


async def says(client: httpx2.AsyncClient) -> tuple[int, str]:
    """Return status and reason of an answer about readiness; status 0 while there is no answer."""
    try:
        response = await client.get("/health/ready")
    except httpx2.TransportError:
        return 0, ""
    return response.status_code, (response.json().get("reason") or {}).get("en", "")


async def first_words(client: httpx2.AsyncClient) -> tuple[int, str]:
    """Return what the first answer of a process says."""

    async def answer() -> list[tuple[int, str]]:
        return [said for said in [await says(client)] if said[0]]

    return (await eventually(answer, within_s=180))[0]


async def measure(api: Api) -> str:
    """Return the line of readiness of an api's metrics."""
    (line,) = (line for line in (await api.client.get("/metrics")).text.splitlines() if line.startswith("ilp_ready "))
    return line


@ALL
async def test_an_api_is_ready_once_the_migrations_of_its_release_have_run(
    databases: Databases, issuer: Issuer, service: Service
) -> None:
    newest, before, *_ = revisions_of(service.package)
    urls = await unmigrated(service, databases)
    async with open_api(service, urls, issuer, **keys_of(service)) as api:
        status, why = await says(api.client)
        assert (status, f"needs revision {newest}; run migrate" in why) == (503, True), why
        assert (await api.client.get("/health/live")).status_code == 200
        assert await measure(api) == "ilp_ready 0.0"

        await migrated(service, urls)
        await api.as_owner(f"UPDATE alembic_version SET version_num = '{before}'")
        status, why = await says(api.client)
        assert status == 503
        assert f"is at revision {before}, this release needs {newest}; run migrate" in why

        await api.as_owner(f"UPDATE alembic_version SET version_num = '{newest}'")
        assert await says(api.client) == (200, "")
        assert await measure(api) == "ilp_ready 1.0"


@ALL
async def test_an_api_stays_ready_on_the_schema_of_a_later_release(
    databases: Databases, issuer: Issuer, service: Service
) -> None:
    urls = await databases.create(service)
    await as_owner(service, urls, "UPDATE alembic_version SET version_num = '29991231_later'")
    async with open_api(service, urls, issuer, **keys_of(service)) as api:
        assert await says(api.client) == (200, "")


async def test_an_api_whose_database_is_restored_to_an_older_release_is_not_ready_meanwhile(
    databases: Databases, issuer: Issuer
) -> None:
    newest, before, *_ = revisions_of(CLUSTER.package)
    urls = await databases.create(CLUSTER)
    async with open_api(CLUSTER, urls, issuer) as api:
        assert await says(api.client) == (200, "")
        await api.as_owner(f"UPDATE alembic_version SET version_num = '{before}'")
        status, why = await says(api.client)
        assert (status, f"is at revision {before}, this release needs {newest}" in why) == (503, True), why
        await api.as_owner(f"UPDATE alembic_version SET version_num = '{newest}'")
        assert await says(api.client) == (200, "")
        await api.as_owner("DROP TABLE alembic_version")
        status, why = await says(api.client)
        assert (status, "has no tables yet" in why) == (503, True), why


async def test_a_schema_that_the_role_may_not_read_is_not_called_empty(databases: Databases, issuer: Issuer) -> None:
    urls = await databases.create(CLUSTER)
    async with open_api(CLUSTER, urls, issuer) as api:
        await api.as_owner(f"REVOKE ALL ON alembic_version FROM test_{CLUSTER.schema}, PUBLIC")
        status, why = await says(api.client)
    assert (status, "the application's role may not read it" in why) == (503, True), why
    assert why.endswith("; run migrate")


async def test_a_registry_whose_keys_do_not_fit_the_data_of_its_schema_is_not_ready(
    databases: Databases, issuer: Issuer
) -> None:
    newest, before, *_ = revisions_of(REGISTRY.package)
    urls = await databases.create(REGISTRY)
    right, wrong = keys_of(REGISTRY), keys_of(REGISTRY)
    production = {"profile": "production"}
    async with (
        processes(urls, issuer, (right, right | production, wrong, wrong | production)) as doors,
        worker_of(REGISTRY, urls, PAST_THE_START, PROFILE="production", **upper(wrong)) as worker,
    ):
        assert (await doors[0].register(new_nik())).status_code == 201
        await doors[0].api.as_owner(f"UPDATE alembic_version SET version_num = '{before}'")
        for client in (worker, *(door.api.client for door in doors)):
            status, why = await first_words(client)
            assert (status, f"is at revision {before}" in why) == (503, True), why

        await doors[0].api.as_owner(f"UPDATE alembic_version SET version_num = '{newest}'")
        assert [await says(door.api.client) for door in doors[:3]] == [(200, "")] * 3
        for client in (doors[3].api.client, worker):
            status, why = await says(client)
            assert (status, why.partition(":")[0]) == (503, "ILP_REGISTRY_NIK_KEY"), why
        assert (await worker.get("/status")).json()["relay"]["epoch"] == 0, "it has not begun"


PAST_THE_START = """
import asyncio
from ilp_registry.service import SERVICE
from ilp_shared.db.database import Database
from ilp_shared.worker import Worker

async def work():
    settings = SERVICE.settings()
    database = await Database.connect(settings, SERVICE.schema, command_timeout_s=settings.command_deadline_s)
    await Worker(SERVICE, settings, database).run()
    await database.close()

asyncio.run(work())
"""
"""A worker as `worker` runs it once the checks of its start are done, which a server of tests does not pass."""


def upper(keys: Mapping[str, str]) -> dict[str, str]:
    """Return keys by the names of their variables."""
    return {name.upper(): key for name, key in keys.items()}


@asynccontextmanager
async def worker_of(
    service: Service, urls: DatabaseUrls, program: str = "", **more: str
) -> AsyncIterator[httpx2.AsyncClient]:
    """Run a service's worker without Kafka and yield a client of its probes; it has to live until the end."""
    port = free_port()
    watchdog = {"WORKER_STATUS_PORT": str(port), "WATCHDOG_S": str(10 * PATIENCE_S)}
    worker = await asyncio.create_subprocess_exec(
        *(sys.executable, *(["-c", program] if program else ["-m", service.package, "worker"])),
        env=environment_of(service, urls, NO_KAFKA, **{**watchdog, **upper(keys_of(service)), **more}),
        stdout=asyncio.subprocess.DEVNULL,
    )
    async with killed_at_end(worker), plain_client(f"http://127.0.0.1:{port}", timeout=PATIENCE_S) as client:
        yield client
        assert worker.returncode is None
        worker.terminate()
        assert await patiently(worker.wait()) == 0


@ALL
async def test_a_worker_begins_once_the_migrations_of_its_release_have_run(
    databases: Databases, service: Service
) -> None:
    newest, *_ = revisions_of(service.package)
    urls = await unmigrated(service, databases)
    async with worker_of(service, urls) as client:
        status, why = await first_words(client)
        assert (status, f"needs revision {newest}; run migrate" in why) == (503, True), why
        assert (await client.get("/health/live")).status_code == 200

        await migrated(service, urls)

        async def is_ready() -> bool:
            await as_owner(service, urls, ANOTHER_LEADS)
            return await says(client) == (200, "")

        await eventually(is_ready)


async def test_a_worker_that_waited_for_longer_than_its_watchdog_has_all_of_it_when_it_begins(
    databases: Databases,
) -> None:
    urls, watchdog_s = await unmigrated(SCREENING, databases), 8.0
    async with worker_of(SCREENING, urls, WATCHDOG_S=str(watchdog_s)) as client:
        assert "run migrate" in (await first_words(client))[1]

        async def gone() -> bool:
            return (await says(client))[0] == 0

        for within_s in (watchdog_s, watchdog_s / 2):
            with pytest.raises(AssertionError, match="not met"):
                await eventually(gone, within_s=within_s)
            await migrated(SCREENING, urls)


async def test_a_worker_that_waits_logs_for_what(databases: Databases) -> None:
    env = environment_of(SCREENING, await unmigrated(SCREENING, databases), NO_KAFKA, WORKER_STATUS_PORT="0")
    worker = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", SCREENING.package, "worker"), env=env, stdout=asyncio.subprocess.PIPE
    )
    async with killed_at_end(worker), patience():
        assert worker.stdout is not None
        async for line in worker.stdout:
            said = json.loads(line)
            if said["event"].startswith("waits_"):
                break
    assert said["event"] == "waits_for_database"
    assert "; run migrate" in said["why"]


async def test_a_worker_says_at_which_revision_its_database_is(databases: Databases) -> None:
    newest, before, *_ = revisions_of(SCREENING.package)
    urls = await databases.create(SCREENING)
    await as_owner(SCREENING, urls, f"UPDATE alembic_version SET version_num = '{before}'")
    async with worker_of(SCREENING, urls) as client:
        status, why = await first_words(client)
    assert status == 503
    assert f"is at revision {before}, this release needs {newest}; run migrate" in why
