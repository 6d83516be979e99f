"""The whole platform for one test run: what `make run` starts, in a folder of its own, with handles to kill parts.

Its own embedded PostgreSQL and Kafka always: these tests kill them. Built on deploy/dev, nothing is replaced.
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

from deploy.dev.config import ROOT, SERVICES, Config, cache_folder
from deploy.dev.databases import address as database_address
from deploy.dev.databases import database_urls
from deploy.dev.display import Display
from deploy.dev.ledger import living
from deploy.dev.up import Platform, claim_folder
from deploy.dev.vault import free_port
from ilp_shared.auth import development
from ilp_shared.ids import new_id
from tests.support.waiting import eventually

SOURCES = {
    "screening": ("registry",),
    "cluster_services": ("registry", "screening"),
    "monitoring": ("registry", "screening", "cluster_services"),
}
DOMAINS = {"registry": "registry", "screening": "screening", "cluster_services": "cluster"}
IDLE_S = 2.0
"""How long a connection of the tests' is kept for the next look: making one costs more than most looks. Not longer,
because a database can be copied only while nobody is connected to it."""
TOKEN_S = 90 * 86_400
"""Life of a token: some tests move the services' clocks."""
Cells = dict[tuple[str, str, str], tuple[int, int]]


class Stage:
    """A running platform: client, tokens, databases, demonstration days, and the ways to hurt it."""

    def __init__(self, platform: Platform, client: httpx2.AsyncClient) -> None:
        self.platform, self.client = platform, client
        self._pools: dict[str, asyncpg.Pool] = {}

    async def __aenter__(self) -> Self:
        """Be ready to read the databases."""
        for name in (service.name for service in SERVICES):
            self._pools[name] = await asyncpg.create_pool(
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
    def data(self) -> Path:
        """The data folder: logs, Kafka, PostgreSQL."""
        return self.platform.config.data

    def headers(self, role: str, *areas: str, key: str | None = None) -> dict[str, str]:
        """Authorization of a role in areas (default: the nation), and an Idempotency-Key."""
        issuer = self.platform.config.issuer
        token = development.issue_token(issuer, role=role, areas=areas or ("id",), lifetime_s=TOKEN_S)
        return {"Authorization": f"Bearer {token}", "Idempotency-Key": key or str(new_id())}

    # -- databases ---------------------------------------------------------------------------------------------

    @property
    def superuser(self) -> str:
        """The superuser's address, as the tests themselves use it."""
        return self.platform.postgres.dsn

    def database_of(self, service: str) -> str:
        """The superuser's address of a service's database."""
        return database_address(self.superuser, "postgres", self.platform.vault.password("postgres"), f"ilp_{service}")

    async def rows(self, service: str, statement: str, *values: object) -> list[asyncpg.Record]:
        """Reads a service's database as superuser; the schema is the service's name."""
        return list(await self._pools[service].fetch(statement, *values))

    async def count(self, service: str, table: str) -> int:
        """Number of rows of a table."""
        return int((await self.rows(service, f"SELECT count(*) FROM {table}"))[0][0])

    async def cells(self, *areas: str) -> Cells:
        """Every cell that says more than 0/0 below the areas: (indicator, period, area) → numerator, denominator."""
        rows = await self.rows("monitoring", "SELECT * FROM cell WHERE (numerator, denominator) <> (0, 0)")
        return {
            (r["indicator"], r["period"], r["area_code"]): (r["numerator"], r["denominator"])
            for r in rows
            if any(r["area_code"] == area or r["area_code"].startswith(area + ".") for area in areas)
        }

    async def settled(self, within_s: float = 60) -> None:
        """Waits until every event has been published and applied by everyone, and none is parked."""
        await eventually(self._settled, within_s=within_s, every_s=0.2)

    async def _settled(self) -> bool:
        ends: dict[str, dict[int, int]] = {}
        for producer in DOMAINS:
            if await self.rows(producer, "SELECT 1 FROM event_log WHERE sequence IS NULL LIMIT 1"):
                return False
            found = await self.rows(producer, "SELECT shard, max(sequence) AS last FROM event_log GROUP BY shard")
            ends[producer] = {row["shard"]: row["last"] for row in found}
            if not await self._caught_up(producer, ends):
                return False
        return await self._caught_up("monitoring", ends)

    async def _caught_up(self, consumer: str, ends: Mapping[str, Mapping[int, int]]) -> bool:
        if consumer not in SOURCES:
            return True
        rows = await self.rows(consumer, "SELECT domain, shard, last FROM position")
        at = {(row["domain"], row["shard"]): row["last"] for row in rows}
        return all(
            at.get((DOMAINS[source], shard), 0) == last
            for source in SOURCES[consumer]
            for shard, last in ends[source].items()
        )

    async def recount(self) -> tuple[int, str]:
        """Runs the independent recount; its exit code and what it printed."""
        urls = database_urls(self.superuser, self.platform.vault)
        env = {**os.environ, **{f"ILP_RECOUNT_{s.name.upper()}_URL": urls[s.name].owner for s in SERVICES}}
        child = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "ilp_monitoring.recount", cwd=ROOT, env=env, stdout=asyncio.subprocess.PIPE
        )
        output, _ = await child.communicate()
        assert child.returncode is not None
        return child.returncode, output.decode()

    # -- the demonstration day -----------------------------------------------------------------------------------

    async def start_day(self, log: Path, **settings: object) -> asyncio.subprocess.Process:
        """Starts a demonstration day; settings by name, e.g. SCALE=0.2, SPEED=0."""
        env = {
            **os.environ,
            "ILP_BASE_URL": self.platform.config.address,
            "ILP_DEV_ISSUER": str(self.platform.config.issuer),
            **{f"ILP_DEMO_{name}": str(value) for name, value in settings.items()},
        }
        with log.open("ab") as out:
            return await asyncio.create_subprocess_exec(
                sys.executable, "-m", "deploy.dev.simulate", cwd=ROOT, env=env, stdout=out, stderr=out
            )

    async def play_day(self, **settings: object) -> str:
        """Plays a demonstration day to its end at full speed; what it printed."""
        log = self.data / "logs" / f"day-{new_id()}.log"
        child = await self.start_day(log, SPEED=0, **settings)
        code = await child.wait()
        assert code == 0, log.read_text()
        return log.read_text()

    # -- hurting it ----------------------------------------------------------------------------------------------

    def pid_of(self, name: str) -> int | None:
        """The present pid of a process by its name in the ledger, e.g. `screening-api`."""
        found = {known: identity.pid for known, identity, _ in living(self.data / "run.json")}
        return found.get(name)

    async def kill(self, name: str) -> None:
        """Kills a part with SIGKILL; PostgreSQL and Kafka are started again, the others by their supervisor."""
        if name == "postgres":
            await self.platform.postgres.kill()
            await self.platform.postgres.start()
        elif name == "kafka":
            await self.platform.kafka.kill()
            await self.platform.kafka.start()
        else:
            pid = self.pid_of(name)
            assert pid is not None, f"{name} does not run"
            os.kill(pid, signal.SIGKILL)

    async def ready(self, within_s: float = 90) -> None:
        """Waits until the front door says that every process is ready."""

        async def all_ready() -> bool:
            with suppress(httpx2.TransportError):
                return (await self.client.get("/health")).status_code == 200
            return False

        await eventually(all_ready, within_s=within_s)


def open_folder(folder: Path) -> None:
    """Lets another user enter: PostgreSQL does not run as root."""
    for path in (folder, folder.parent):
        path.chmod(0o755)


def processes() -> Sequence[str]:
    """Names of all processes of ours, as in the ledger."""
    return [f"{service.path[1:]}-{role}" for role in ("api", "worker") for service in SERVICES] + ["front-door"]


@asynccontextmanager
async def started(config: Config) -> AsyncIterator[Platform]:
    """Starts everything that `make run` starts, without the demonstration day, and stops it."""
    with claim_folder(config):
        display = Display()
        platform = Platform(config, display)
        try:
            await platform.start()
            display.close()
            yield platform
        finally:
            await platform.stop()


@asynccontextmanager
async def running_platform(folder: Path) -> AsyncIterator[Stage]:
    """The platform in a folder of its own, when areas and puskesmas have reached everyone."""
    open_folder(folder)
    config = Config(folder, cache_folder(os.environ), free_port(), False, None, None)
    async with (
        started(config) as platform,
        httpx2.AsyncClient(base_url=config.address, timeout=30) as client,
        Stage(platform, client) as stage,
    ):
        await stage.settled(within_s=240)
        yield stage
