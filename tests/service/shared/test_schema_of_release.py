"""Readiness and the schema: an older one than the release needs is not ready, a newer one is, in every process.

No process needs a restart: one that came before its migrations is ready once they have run.
"""

import asyncio
import os
import sys
from base64 import b64encode
from collections.abc import AsyncIterator
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
from tests.support.addresses import connected
from tests.support.api import Api, Issuer, open_api
from tests.support.children import killed_at_end
from tests.support.commands import NO_KAFKA, environment_of
from tests.support.databases import Databases, DatabaseUrls
from tests.support.plain_http import plain_client
from tests.support.waiting import PATIENCE_S, eventually, patiently

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

    return (await eventually(answer))[0]


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


async def test_the_revision_is_asked_for_until_it_is_right_and_then_no_more(
    databases: Databases, issuer: Issuer
) -> None:
    urls = await databases.create(CLUSTER)
    async with open_api(CLUSTER, urls, issuer) as api:
        assert await says(api.client) == (200, "")
        await api.as_owner("DROP TABLE alembic_version")
        assert await says(api.client) == (200, "")


@asynccontextmanager
async def worker_of(service: Service, urls: DatabaseUrls) -> AsyncIterator[httpx2.AsyncClient]:
    """Run a service's worker without Kafka and yield a client of its probes; it has to live until the end."""
    port = free_port()
    keys = {name.upper(): key for name, key in keys_of(service).items()}
    more = {"WORKER_STATUS_PORT": str(port), "WATCHDOG_S": str(10 * PATIENCE_S), **keys}
    worker = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", service.package, "worker"),
        env=environment_of(service, urls, NO_KAFKA, **more),
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


async def test_a_worker_says_at_which_revision_its_database_is(databases: Databases) -> None:
    newest, before, *_ = revisions_of(SCREENING.package)
    urls = await databases.create(SCREENING)
    await as_owner(SCREENING, urls, f"UPDATE alembic_version SET version_num = '{before}'")
    async with worker_of(SCREENING, urls) as client:
        status, why = await first_words(client)
    assert status == 503
    assert f"is at revision {before}, this release needs {newest}; run migrate" in why
