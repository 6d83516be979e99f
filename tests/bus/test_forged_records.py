"""A forged record in the registry's topic, at every service that reads it: not ready with the reason, and the way back.

Workers, `forget` and the recount are the processes that an operator runs.
"""

import asyncio
import os
import sys
from base64 import b64encode
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx2
import pytest
import pytest_asyncio

from deploy.dev.vault import free_port
from ilp_cluster_services.service import SERVICE as CLUSTER
from ilp_monitoring.service import SERVICE as MONITORING
from ilp_registry.service import SERVICE as REGISTRY
from ilp_screening.service import SERVICE as SCREENING
from ilp_shared.bus.archive.unit import open_unit
from ilp_shared.bus.cluster import Cluster
from ilp_shared.bus.contract.envelope import Aggregate, NewEvent
from ilp_shared.operations.administration import administering
from ilp_shared.operations.topics import recreate
from ilp_shared.service import Service
from tests.service.monitoring.events import NEIGHBOUR, VILLAGE, World, id_of
from tests.support.addresses import connected
from tests.support.commands import environment_of, read, run_command
from tests.support.databases import Databases, DatabaseUrls
from tests.support.forger import forge, shard_of
from tests.support.plain_http import plain_client
from tests.support.waiting import PATIENCE_S, eventually, patiently

FACILITIES = {
    CLUSTER.name: "SELECT id FROM facility",
    SCREENING.name: "SELECT facility_id FROM facility_copy",
    MONITORING.name: "SELECT facility_id FROM facility",
}
READERS = (SCREENING, CLUSTER, MONITORING)
WITHIN_S = 180
"""Processes start slowly on a busy machine."""


@dataclass
class Bus:
    """The databases of all services, and the Kafka that they share."""

    kafka: Cluster
    urls: Mapping[str, DatabaseUrls]
    folder: Path
    """Of the workers' logs."""

    @asynccontextmanager
    async def worker(self, service: Service) -> AsyncIterator[str]:
        """Run a service's worker; yields the address of its status, and prints its last lines when a test fails."""
        port = free_port()
        keys = {name: b64encode(os.urandom(32)).decode() for name in ("NIK_KEY", "NIK_INDEX_KEY")}
        env = environment_of(service, self.urls[service.name], self.kafka, WORKER_STATUS_PORT=str(port), **keys)
        log = self.folder / f"{service.name}-{port}.log"
        with log.open("wb") as out:
            child = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", service.package, "worker"), env=env, stdout=out
            )
        address = f"http://127.0.0.1:{port}"

        async def answers() -> bool:
            assert child.returncode is None, "the worker has ended"
            return (await _ready(address))[0] != 0

        try:
            await eventually(answers, within_s=WITHIN_S)
            yield address
        except BaseException:
            print(f"{service.name} (exit code {child.returncode}):", *log.read_text().splitlines()[-30:], sep="\n")
            raise
        finally:
            if child.returncode is None:
                child.terminate()
            await patiently(child.wait())

    async def archive(self, *events: NewEvent) -> None:
        """Archive events of the registry, as its commands would."""
        options = {"search_path": REGISTRY.schema}
        conn = await connected(self.urls["registry"].app, server_settings=options)
        try:
            async with open_unit(conn) as unit:
                for event in events:
                    of = Aggregate(event.aggregate_id, event.aggregate_version, event.home_area)
                    unit.emit(event.data, of=of, occurred_at=event.occurred_at)
        finally:
            await conn.close()

    async def facilities(self, service: Service) -> set[str]:
        """Return the ids of the facilities that a service knows."""
        return {str(row[0]) for row in await read(service, self.urls[service.name], FACILITIES[service.name])}

    async def recount(self) -> int:
        """Run the recount; returns its exit code."""
        names = {f"ILP_RECOUNT_{name.upper().replace('-', '_')}_URL": urls.owner for name, urls in self.urls.items()}
        child = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "ilp_monitoring.recount"),
            env={**os.environ, **names},
            stdout=asyncio.subprocess.DEVNULL,
        )
        return await child.wait()


@pytest_asyncio.fixture(loop_scope="session")
async def bus(databases: Databases, cluster: Cluster, tmp_path: Path) -> Bus:
    """Provide empty databases and empty topics: a relay refuses to run where Kafka holds more than its archive."""
    async with administering(cluster) as admin:
        for service in (REGISTRY, SCREENING, CLUSTER):
            await recreate(admin, cluster.topic(service.domain))
    return Bus(cluster, {service.name: await databases.create(service) for service in (REGISTRY, *READERS)}, tmp_path)


async def _ready(address: str) -> tuple[int, Mapping[str, str]]:
    """Return the status of a worker's readiness and its reason."""
    async with plain_client() as client:
        try:
            answer = await client.get(f"{address}/health/ready", timeout=PATIENCE_S)
        except httpx2.TransportError:
            return 0, {}
    return answer.status_code, answer.json().get("reason", {})


async def _contradictions(address: str) -> float:
    async with plain_client() as client:
        lines = (await client.get(f"{address}/metrics")).text.splitlines()
    return sum(float(line.split()[-1]) for line in lines if line.startswith("ilp_consumer_contradictions_total{"))


@pytest.mark.parametrize("service", READERS, ids=lambda service: service.name)
async def test_a_reader_says_why_it_is_not_to_be_trusted_and_comes_back(bus: Bus, service: Service) -> None:
    world = World()
    tree, known, hidden, last = (
        world.tree("13.76", VILLAGE, NEIGHBOUR),
        *(world.posyandu(name) for name in ("Mawar", "Melati", "Anggrek")),
    )
    invented = World().posyandu("Karangan", NEIGHBOUR)

    async def knows(name: str) -> bool:
        return str(id_of(name)) in await bus.facilities(service)

    async def is_ready(address: str) -> bool:
        return (await _ready(address))[0] == 200

    async def passed_over(address: str) -> bool:
        status, reason = await _ready(address)
        return status == 503 and "terlewat" in reason.get("id", "") and "passed over" in reason.get("en", "")

    async with bus.worker(REGISTRY):
        async with bus.worker(service) as address:
            await bus.archive(tree, known)
            await eventually(lambda: knows("Mawar"), within_s=WITHIN_S)
            await eventually(lambda: is_ready(address), within_s=WITHIN_S)
            assert shard_of(invented) == shard_of(known)
            await forge(bus.kafka, invented, 3)
            await eventually(lambda: knows("Karangan"), within_s=WITHIN_S)
            await bus.archive(hidden, last)
            await eventually(lambda: passed_over(address), within_s=WITHIN_S)
            assert await _contradictions(address) == 1
            assert not await knows("Melati")
            if service is MONITORING:
                assert await bus.recount() == 1

        async def forgets() -> bool:
            return (await run_command(service, bus.urls[service.name], "forget", "registry", cluster=bus.kafka))[0] == 0

        await eventually(forgets, within_s=WITHIN_S, every_s=1)
        async with bus.worker(service) as address:
            await eventually(lambda: knows("Melati"), within_s=WITHIN_S)
            await eventually(lambda: knows("Anggrek"), within_s=WITHIN_S)
            await eventually(lambda: is_ready(address), within_s=WITHIN_S)
            assert not await knows("Karangan")
            if service is MONITORING:
                assert await bus.recount() == 0
