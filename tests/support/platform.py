"""A running platform as tests see it: its addresses, tokens, databases, demonstration days and processes.

Its own embedded PostgreSQL and Kafka always: tests kill them. Built on deploy/dev, nothing is replaced.
`started_platform.py` starts it.
"""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Self

import asyncpg
import httpx2

from deploy.dev import up
from deploy.dev.config import ROOT, SERVICES, Service
from deploy.dev.databases import address as database_address
from deploy.dev.databases import database_urls
from deploy.dev.ledger import living
from deploy.dev.processes import Job
from deploy.dev.vault import PortBook
from ilp_shared.auth import development
from ilp_shared.ids import new_id
from ilp_shared.waits import Waits
from tests.support.addresses import Address, connected, opened_pool
from tests.support.plain_http import plain_client
from tests.support.settling import Positions
from tests.support.waiting import eventually

IDLE_S = 2.0
"""How long a connection of the tests is kept for the next look: making one costs more than most looks. Not longer,
because a database can be copied only while no client is connected to it."""
TOKEN_S = 90 * 86_400
"""Life of a token: some tests move the services' clocks."""
Cells = dict[tuple[str, str, str], tuple[int, int]]
_OWNED = {f"{service.label}-{role}": (service, role) for service in SERVICES for role in ("api", "worker")}


class Platform:
    """A running platform: client, tokens, databases, demonstration days, and the ways to end its processes."""

    def __init__(self, deployment: up.Platform, client: httpx2.AsyncClient, waits: Waits | None = None) -> None:
        self.deployment, self.client = deployment, client
        self.waits = waits or Waits()
        self._pools: dict[str, asyncpg.Pool] = {}

    async def __aenter__(self) -> Self:
        """Be ready to read the databases."""
        for name in (service.name for service in SERVICES):
            self._pools[name] = await opened_pool(
                self.database_of(name),
                min_size=0,
                max_inactive_connection_lifetime=IDLE_S,
                statement_cache_size=0,
                server_settings={"search_path": name},
            )
        return self

    async def __aexit__(self, *_: object) -> None:
        """Let go of the databases."""
        for pool in self._pools.values():
            pool.terminate()

    @property
    def address(self) -> str:
        """The one address of the platform."""
        return self.deployment.config.address

    @property
    def issuer(self) -> Path:
        """The folder of the development issuer."""
        return self.deployment.config.issuer

    @property
    def data(self) -> Path:
        """The data folder: logs, Kafka, PostgreSQL."""
        return self.deployment.config.data

    @property
    def environments(self) -> Mapping[str, Mapping[str, str]]:
        """The environment of each service's processes, by service name."""
        return self.deployment.environments

    def headers(self, role: str, *areas: str, key: str | None = None) -> dict[str, str]:
        """Return Authorization of a role in areas (default: the nation), and an Idempotency-Key."""
        token = development.issue_token(self.issuer, role=role, areas=areas or ("id",), lifetime_s=TOKEN_S)
        return {"Authorization": f"Bearer {token}", "Idempotency-Key": key or str(new_id())}

    # -- databases ---------------------------------------------------------------------------------------------

    @property
    def superuser(self) -> Address:
        """The superuser's address, as the tests themselves use it."""
        return Address(self.deployment.postgres.dsn)

    def database_of(self, service: str) -> Address:
        """Return the superuser's address of a service's database."""
        password = self.deployment.vault.password("postgres")
        return Address(database_address(self.superuser, "postgres", password, f"ilp_{service}"))

    async def rows(self, service: str, statement: str, *values: object) -> list[asyncpg.Record]:
        """Read a service's database as superuser; the schema is the service's name."""
        return list(await self._pools[service].fetch(statement, *values))

    async def count(self, service: str, table: str) -> int:
        """Count the rows of a table."""
        return int((await self.rows(service, f"SELECT count(*) FROM {table}"))[0][0])

    async def script(self, service: str, statements: str) -> None:
        """Run statements in a service's database as superuser."""
        conn = await connected(self.database_of(service), server_settings={"search_path": service})
        try:
            await conn.execute(statements)
        finally:
            await conn.close()

    async def cells(self, *areas: str) -> Cells:
        """Return every cell above 0/0 below the areas: (indicator, period, area) → numerator, denominator."""
        rows = await self.rows("monitoring", "SELECT * FROM cell WHERE (numerator, denominator) <> (0, 0)")
        return {
            (r["indicator"], r["period"], r["area_code"]): (r["numerator"], r["denominator"])
            for r in rows
            if any(r["area_code"] == area or r["area_code"].startswith(area + ".") for area in areas)
        }

    @property
    def positions(self) -> Positions:
        """How far archives and consumers are."""
        return Positions(self.rows)

    async def settled(self, within_s: float = 60) -> None:
        """Wait until every event has been published and applied by every consumer, and none is parked."""
        await eventually(self.positions.are_equal, within_s=within_s, every_s=0.2)

    async def recount(self) -> tuple[int, str]:
        """Run the independent recount; returns its exit code and what it printed."""
        urls = database_urls(self.superuser, self.deployment.vault)
        env = {f"ILP_RECOUNT_{s.name.upper()}_URL": urls[s.name].owner for s in SERVICES}
        return await _finished("ilp_monitoring.recount", env={**os.environ, **env})

    # -- the demonstration day -----------------------------------------------------------------------------------

    async def start_day(self, log: Path, **settings: object) -> asyncio.subprocess.Process:
        """Start a demonstration day; settings by name, e.g. SCALE=0.2, SPEED=0."""
        return await self.start_demo("deploy.dev.simulate", log, **settings)

    async def start_demo(self, module: str, log: Path, **settings: object) -> asyncio.subprocess.Process:
        """Start a program of the demonstration: its day, or the load of its history."""
        env = {
            **os.environ,
            "ILP_BASE_URL": self.address,
            "ILP_DATA_DIR": str(self.data),
            "ILP_DEV_ISSUER": str(self.issuer),
            **{f"ILP_DEMO_{name}": str(value) for name, value in settings.items()},
        }
        with log.open("ab") as out:
            return await asyncio.create_subprocess_exec(
                sys.executable, "-m", module, cwd=ROOT, env=env, stdout=out, stderr=out
            )

    async def play_day(self, **settings: object) -> str:
        """Play a demonstration day to its end at full speed; returns what it printed."""
        log = self.data / "logs" / f"day-{new_id()}.log"
        child = await self.start_day(log, SPEED=0, **settings)
        code = await child.wait()
        assert code == 0, log.read_text()
        return log.read_text()

    # -- processes -----------------------------------------------------------------------------------------------

    def pid_of(self, name: str) -> int | None:
        """Return the present pid of a process by its name in the ledger, e.g. `screening-api`."""
        return {known: identity.pid for known, identity, _ in living(self.data / "run.json")}.get(name)

    async def kill(self, name: str) -> None:
        """Kill a process with SIGKILL; PostgreSQL and Kafka are started again here, others by their supervisor."""
        if name == "postgres":
            await self.deployment.postgres.kill()
            await self.deployment.postgres.start()
        elif name == "kafka":
            await self.deployment.kafka.kill()
            await self.deployment.kafka.start()
        else:
            os.kill(self.running(name), signal.SIGKILL)

    def instance_of(self, name: str) -> str:
        """Return `host:port` of a process of a service; a second worker has its port in its name."""
        like, _, port = name.partition("-at-")
        service, role = _OWNED[like]
        setting = {"api": "PORT", "worker": "WORKER_STATUS_PORT"}[role]
        return f"127.0.0.1:{port or self.environments[service.name][service.prefix + setting]}"

    def resume(self, name: str) -> None:
        """Resume a stopped process (SIGCONT)."""
        os.kill(self.running(name), signal.SIGCONT)

    def running(self, name: str) -> int:
        """Return the pid of a process that must be running."""
        pid = self.pid_of(name)
        assert pid is not None, f"{name} does not run"
        return pid

    async def stop(self, name: str) -> None:
        """End a process of a service and leave it ended, as for maintenance; `restart_with` starts it again."""
        await self.deployment.supervisor.stop(name)

    async def restart_with(self, name: str, env: Mapping[str, str] | None = None) -> dict[str, str]:
        """Restart a process of a service with more environment, which it has until it is restarted without.

        Returns the environment that its further starts read.
        """
        await self.stop(name)
        environment = self._keep(name, name, env or {})

        async def runs() -> bool:
            return self.pid_of(name) is not None

        await eventually(runs)
        return environment

    @asynccontextmanager
    async def second(self, name: str, env: Mapping[str, str] | None = None) -> AsyncIterator[str]:
        """Run one more worker of a service beside the others, until the context ends; yields its name."""
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
        """Run a command of a service (`unpark`, `recover` …) in its environment; returns exit code and output."""
        code, output = await _finished(service.module, *arguments, env=self.environments[service.name])
        return code, output.strip()

    async def ready(self, within_s: float = 90) -> None:
        """Wait until the front door says that every process is ready."""

        async def all_ready() -> bool:
            with suppress(httpx2.TransportError):
                return (await self.client.get("/health")).status_code == 200
            return False

        await eventually(all_ready, within_s=within_s)

    def _keep(self, like: str, name: str, env: Mapping[str, str]) -> dict[str, str]:
        """Have a process kept running; returns the environment that each of its starts reads."""
        service, role = _OWNED[like]
        environment = {**self.environments[service.name], **env}
        self.deployment.supervisor.keep(Job(name, (service.module, role), environment))
        return environment


async def _finished(module: str, *arguments: str, env: Mapping[str, str]) -> tuple[int, str]:
    """Run a module to its end; returns exit code and everything it printed."""
    child = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", module, *arguments),
        cwd=ROOT,
        env=env,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    output, _ = await child.communicate()
    assert child.returncode is not None
    return child.returncode, output.decode()


async def _answers(port: int) -> bool:
    async with plain_client() as client:
        try:
            return (await client.get(f"http://127.0.0.1:{port}/health/live")).status_code == 200
        except httpx2.TransportError:
            return False


def process_names() -> Sequence[str]:
    """Return the names of all our processes, as in the ledger."""
    return [f"{service.label}-{role}" for role in ("api", "worker") for service in SERVICES] + ["front-door"]
