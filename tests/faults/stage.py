"""The platform of the fault campaign: what `make run` starts, on servers that the campaign can hurt.

Between platform and PostgreSQL, between clients and each of three Kafka brokers, and before the front door stands a
fault proxy. The tests themselves read the database past its proxy, so that they see while it is hurt.
"""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from random import Random
from urllib.parse import urlsplit, urlunsplit

import asyncpg
import httpx2

from deploy.dev.config import ROOT, SERVICES, Config, Service, cache_folder
from deploy.dev.postgres import EmbeddedPostgres
from deploy.dev.processes import Job
from deploy.dev.up import Platform
from deploy.dev.vault import PortBook, free_port
from tests.faults.cluster import Broker, Cluster
from tests.faults.proxy import FaultProxy
from tests.flow.stage import Stage, open_folder, started
from tests.support.waiting import eventually

_OWNED = {f"{service.path[1:]}-{role}": (service, role) for service in SERVICES for role in ("api", "worker")}


class FaultStage(Stage):
    """A running platform with its servers and the proxies before them."""

    def __init__(
        self,
        platform: Platform,
        client: httpx2.AsyncClient,
        *,
        postgres: EmbeddedPostgres,
        cluster: Cluster,
        database: FaultProxy,
        door: FaultProxy,
    ) -> None:
        super().__init__(platform, client)
        self.postgres, self.cluster = postgres, cluster
        self.database, self.door = database, door
        self.leaving = AsyncExitStack()
        """What the fault of this run leaves behind until the run is judged; the campaign then undoes it."""

    @property
    def superuser(self) -> str:
        """The superuser's address past the proxy."""
        return self.postgres.dsn

    @property
    def brokers(self) -> list[Broker]:
        """The three brokers; each has `start`, `stop`, `kill`, `wipe`."""
        return self.cluster.brokers

    @property
    def broker_proxies(self) -> list[FaultProxy]:
        """The proxy before each broker, in the same order."""
        return self.cluster.proxies

    async def kill(self, name: str) -> None:
        """Kill with SIGKILL: `postgres` and `kafka-1` to `kafka-3` are started again, others by their supervisor."""
        servers: dict[str, EmbeddedPostgres | Broker] = {broker.name: broker for broker in self.brokers}
        servers["postgres"] = self.postgres
        if name in servers:
            await servers[name].kill()
            await servers[name].start()
        else:
            await super().kill(name)

    def thaw(self, name: str) -> None:
        """Let a frozen process go on."""
        os.kill(self._running(name), signal.SIGCONT)

    async def stop(self, name: str) -> None:
        """End a process of a service and leave it ended, as for maintenance; `restart_with` starts it again."""
        await self.platform.supervisor.stop(name)

    async def restart_with(self, name: str, env: Mapping[str, str] | None = None) -> dict[str, str]:
        """Start a process of a service anew with more environment; it keeps that until it is started anew without.

        Returns the environment that its further starts read.
        """
        await self.stop(name)
        given = self._keep(name, name, env or {})
        await eventually(lambda: self._runs(name), within_s=30)
        return given

    @asynccontextmanager
    async def second(self, name: str, env: Mapping[str, str] | None = None) -> AsyncIterator[str]:
        """One more worker of a service beside the others, until the context ends; yields its name."""
        service, _ = _OWNED[name]
        port = PortBook(self.data / "ports.json").take(f"{name}-{os.urandom(4).hex()}")
        extra = f"{name}-at-{port}"
        self._keep(name, extra, {f"{service.prefix}WORKER_STATUS_PORT": str(port), **(env or {})})
        try:
            await eventually(lambda: _answers(port), within_s=60)
            yield extra
        finally:
            await self.stop(extra)

    async def command(self, service: Service, *arguments: str) -> tuple[int, str]:
        """Run a command of a service (`unpark`, `recover` …) in its environment: exit code and what it printed."""
        child = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            service.module,
            *arguments,
            cwd=ROOT,
            env=self.platform.environments[service.name],
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        output, _ = await child.communicate()
        assert child.returncode is not None
        return child.returncode, output.decode().strip()

    async def script(self, service: str, statements: str) -> None:
        """Run statements in a service's database as superuser."""
        conn = await asyncpg.connect(self.database_of(service), server_settings={"search_path": service})
        try:
            await conn.execute(statements)
        finally:
            await conn.close()

    def _keep(self, like: str, name: str, env: Mapping[str, str]) -> dict[str, str]:
        """Have a process kept running; returns the environment that each of its starts reads."""
        service, role = _OWNED[like]
        environment = {**self.platform.environments[service.name], **env}
        self.platform.supervisor.keep(Job(name, (service.module, role), environment))
        return environment

    async def _runs(self, name: str) -> bool:
        return self.pid_of(name) is not None

    def _running(self, name: str) -> int:
        pid = self.pid_of(name)
        assert pid is not None, f"{name} does not run"
        return pid


async def _answers(port: int) -> bool:
    async with httpx2.AsyncClient() as client:
        try:
            return (await client.get(f"http://127.0.0.1:{port}/health/live")).status_code == 200
        except httpx2.TransportError:
            return False


def _through(url: str, proxy: FaultProxy) -> str:
    """The same address by way of a proxy."""
    parts = urlsplit(url)
    account = parts.netloc.rpartition("@")[0]
    return urlunsplit((parts.scheme, f"{account}@{proxy.address}", parts.path, parts.query, ""))


@asynccontextmanager
async def running_fault_stage(folder: Path) -> AsyncIterator[FaultStage]:
    """Everything started in a folder of its own, areas and puskesmas known to everyone; stopped in reverse order."""
    open_folder(folder)
    cache = cache_folder(os.environ)
    postgres, cluster = EmbeddedPostgres(folder), Cluster(folder, cache)
    async with AsyncExitStack() as stack:
        for server in (postgres, cluster):
            stack.push_async_callback(server.stop)
            await server.start()
        front_door = free_port()
        database = FaultProxy(("127.0.0.1", postgres.port), Random("database"))
        door = FaultProxy(("127.0.0.1", front_door), Random("door"))
        for proxy in (database, door):
            stack.push_async_callback(proxy.stop)
            await proxy.start()
        config = Config(folder, cache, front_door, False, _through(postgres.dsn, database), cluster.bootstrap)
        platform = await stack.enter_async_context(started(config))
        client = await stack.enter_async_context(httpx2.AsyncClient(base_url=f"http://{door.address}", timeout=30))
        stage = FaultStage(platform, client, postgres=postgres, cluster=cluster, database=database, door=door)
        async with stage:
            await stage.settled(within_s=240)
            yield stage
