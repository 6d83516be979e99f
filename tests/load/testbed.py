"""The testbed of the benchmarks of single parts: PostgreSQL, Kafka, the four databases, and processes as `make run`'s.

The servers are always the embedded ones, as they are shipped: their CPU is measured too.
"""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import asyncpg
import httpx2

from deploy.dev.child import run, spawn, stop
from deploy.dev.config import SERVICES, cache_folder
from deploy.dev.databases import DatabaseUrls, ensure_databases
from deploy.dev.environment import Backing, Ports, prepare_issuer, service_environment, take_ports
from deploy.dev.kafka import EmbeddedKafka
from deploy.dev.kafka_topics import ensure_topics
from deploy.dev.postgres import EmbeddedPostgres
from deploy.dev.processes import Job
from deploy.dev.vault import PortBook, Vault
from ilp_shared.auth import development
from tests.support.plain_http import plain_client
from tests.support.waiting import eventually


@dataclass
class Testbed:
    """Running servers, and the processes started on them."""

    folder: Path
    postgres: EmbeddedPostgres
    kafka: EmbeddedKafka
    urls: dict[str, DatabaseUrls]
    ports: dict[str, Ports]
    vault: Vault
    _started: dict[str, asyncio.subprocess.Process] = field(default_factory=dict)

    @property
    def pids(self) -> dict[str, int]:
        """Return the pid of the postmaster by the name it has in results."""
        assert self.postgres.pid is not None
        return {"PostgreSQL": self.postgres.pid}

    @property
    def kafka_pid(self) -> int:
        """Return the pid of the broker."""
        assert self.kafka.pid is not None
        return self.kafka.pid

    def token(self, role: str, *areas: str) -> str:
        """Return a token of the development issuer."""
        return development.issue_token(self.folder / "issuer", role=role, areas=areas)

    def environment(self, service: str) -> dict[str, str]:
        """Return the environment of a service's processes."""
        description = next(known for known in SERVICES if known.name == service)
        backing = Backing(self.urls, self.kafka.bootstrap, self.folder / "issuer")
        return service_environment(description, backing, self.ports[service], self.vault)

    async def migrate(self, service: str) -> None:
        """Bring a service's database to its newest version."""
        job = Job(f"{service}-migrate", (f"ilp_{service}", "migrate"), self.environment(service))
        code = await run(job.command(self.folder / "logs"))
        assert code == 0, f"{service} could not be migrated: see {self.folder}/logs"

    async def serve(self, service: str) -> tuple[str, int]:
        """Start a service's API; returns its address and pid."""
        pid = await self.start(f"{service}-api", (f"ilp_{service}", "api"), self.environment(service))
        address = f"http://127.0.0.1:{self.ports[service].api}"
        await wait_until_answered(f"{address}/health/ready")
        return address, pid

    async def work(self, service: str) -> int:
        """Start a service's worker and wait until its relay leads; returns its pid."""
        pid = await self.start(f"{service}-worker", (f"ilp_{service}", "worker"), self.environment(service))
        status = f"http://127.0.0.1:{self.ports[service].worker}/status"
        await wait_until_answered(status, lambda answer: bool(answer.json()["relay"]["leader"]))
        return pid

    async def start(self, name: str, arguments: tuple[str, ...], env: dict[str, str] | None = None) -> int:
        """Start a Python module as a child; returns its pid."""
        child = await spawn(Job(name, arguments, env or dict(os.environ)).command(self.folder / "logs"))
        self._started[name] = child
        return child.pid

    async def end(self, *names: str) -> None:
        """Stop children by name (all without a name)."""
        for name in names or tuple(self._started):
            await stop(self._started.pop(name))

    async def pool(self, service: str) -> asyncpg.Pool:
        """Open a pool as the service's application role, in its schema."""
        return await asyncpg.create_pool(
            self.urls[service].app, min_size=1, max_size=4, server_settings={"search_path": service}
        )


async def wait_until_answered(url: str, test: object = None, within_s: float = 60) -> None:
    """Wait until an address answers 200 and the answer passes the test."""
    async with plain_client(timeout=5) as client:

        async def good() -> bool:
            try:
                answer = await client.get(url)
            except httpx2.TransportError:
                return False
            return answer.status_code == 200 and (not callable(test) or bool(test(answer)))

        await eventually(good, within_s=within_s)


@asynccontextmanager
async def open_testbed(folder: Path) -> AsyncIterator[Testbed]:
    """Start PostgreSQL and Kafka in a folder, make databases and topics; stop everything afterwards."""
    folder.chmod(0o755)
    vault, book = Vault(folder / "secrets.json"), PortBook(folder / "ports.json")
    postgres = EmbeddedPostgres(folder)
    kafka = EmbeddedKafka(folder, cache_folder(os.environ))
    async with AsyncExitStack() as stack:
        stack.push_async_callback(postgres.stop)
        await postgres.start()
        stack.push_async_callback(kafka.stop)
        await kafka.start()
        await ensure_topics(kafka.bootstrap)
        prepare_issuer(folder / "issuer")
        urls = await ensure_databases(postgres.dsn, vault)
        testbed = Testbed(folder, postgres, kafka, urls, take_ports(book), vault)
        stack.push_async_callback(testbed.end)
        yield testbed
