"""`make run`: the start of everything on this machine, with one address, and the stop of exactly what was started.

Order: checks, leftovers of an earlier run, PostgreSQL and Kafka with its topics side by side, databases,
migrations, reference data, services, front door, demonstration day and history. SIGINT or SIGTERM undo it in reverse.
Every foreseeable failure of the start is one line and exit code 1; what ends later is started again.
"""

from __future__ import annotations

import asyncio
import errno
import os
import shutil
import signal
import sys
from collections.abc import Coroutine, Mapping
from typing import IO

import aiohttp

from deploy.dev.config import SERVICES, Config
from deploy.dev.databases import DatabaseUrls, ensure_databases
from deploy.dev.demo.progress import tell_progress
from deploy.dev.display import Display, answered
from deploy.dev.environment import (
    Backing,
    Ports,
    prepare_issuer,
    routes,
    service_environment,
    take_ports,
    worker_environment,
)
from deploy.dev.failure import StartError
from deploy.dev.front_door import routes_argument
from deploy.dev.kafka import choose_kafka
from deploy.dev.kafka_topics import ensure_topics
from deploy.dev.keeper import keep_server
from deploy.dev.ledger import Ledger, lock_folder
from deploy.dev.postgres import choose_postgres
from deploy.dev.present import check_keys, is_loaded, is_migrated, was_migrated
from deploy.dev.processes import Job, Supervisor
from deploy.dev.steps import Steps
from deploy.dev.vault import PortBook, Vault, port_is_free

FREE_BYTES = 1 << 30
UNWRITABLE = (errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOTDIR, errno.EEXIST)
READY_SECONDS = 120
FRONT_DOOR = "front-door"
DEMO, HISTORY = "simulate", "history"


def claim_folder(config: Config) -> IO[str]:
    """Check folder and disk, and lock the folder; raises StartError with the way out."""
    try:
        config.logs.mkdir(parents=True, exist_ok=True)
        free = shutil.disk_usage(config.data).free
        if free < FREE_BYTES:
            raise StartError(
                f"Sisa disk {free >> 20} MiB di {config.data}, perlu 1 GiB: kosongkan / pilih ILP_DATA_DIR lain"
                " / too little disk space: free some, or choose another ILP_DATA_DIR"
            )
        return lock_folder(config.data)
    except OSError as error:
        if error.errno not in UNWRITABLE:
            raise
        raise StartError(
            f"Folder {config.data} tidak dapat ditulisi; pilih ILP_DATA_DIR lain"
            " / the data folder is not writable; choose another ILP_DATA_DIR"
        ) from None


def check_port(port: int) -> None:
    """Raise StartError if another program listens on the front door's port."""
    if not port_is_free(port):
        other = next((n for n in range(port + 1, port + 100) if n < 65536 and port_is_free(n)), port + 1)
        raise StartError(
            f"Port {port} sudah dipakai program lain: jalankan `ILP_PORT={other} make run`"
            f" / port {port} is in use: run `ILP_PORT={other} make run`"
        )


class Platform:
    """One run from start to stop; `settings` by their full names reach every process of every service."""

    def __init__(self, config: Config, display: Display, settings: Mapping[str, str] | None = None) -> None:
        self.config = config
        self._settings = dict(settings or {})
        self.display = display
        self.vault = Vault(config.data / "secrets.json")
        self.ledger = Ledger(config.data / "run.json")
        self.steps = Steps(display, self.ledger)
        self.supervisor = Supervisor(config.logs, self.ledger, self._exited)
        self.postgres = choose_postgres(config.data, config.database_url)
        self.kafka = choose_kafka(config.data, config.kafka_bootstrap, config.cache)
        self.environments: dict[str, dict[str, str]] = {}
        self._stopping = False

    def _exited(self, name: str, code: int) -> None:
        ends_by_itself = name in (DEMO, HISTORY)
        if self._stopping or (ends_by_itself and code == 0):
            return
        log = self.config.logs / f"{name}.log"
        again = "" if ends_by_itself else "; dijalankan lagi / starting it again"
        self.display.say(f"  ! {name} berhenti / exited ({code}){again} (log: {log})")

    async def start(self) -> None:
        """Start everything, and wait until the front door says that all processes are ready."""
        self.steps.begin()
        left = await self.ledger.clear_leftovers()
        if left:
            self.display.say(f"  ✓ sisa jalan sebelumnya dibersihkan / cleaned up: {', '.join(left)}")
        check_port(self.config.port)
        await in_parallel(self._start_postgres(), self._start_kafka())
        with self.steps.step("basis data / databases"):
            databases = await ensure_databases(self.postgres.dsn, self.vault)
            await asyncio.to_thread(prepare_issuer, self.config.issuer, self.config.address)
        ports = take_ports(PortBook(self.config.data / "ports.json"))
        backing = Backing(databases, self.kafka.bootstrap, self.config.issuer)
        for service in SERVICES:
            env = service_environment(service, backing, ports[service.name], self.vault)
            self.environments[service.name] = env | self._settings
        await self._migrate(databases)
        self._start_services(ports, backing)
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=5)) as session:
            with self.steps.step("layanan siap / services ready"):
                await self._until(session, "/health")
            with self.steps.step("halaman situasi / situation page"):
                await self._until(session, "/")
        self.steps.finish()

    async def _start_postgres(self) -> None:
        with self.steps.step("PostgreSQL") as step:
            await self.postgres.start()
            step.label = self.postgres.origin
        if self.postgres.pid is not None:
            self.ledger.record("postgres", self.postgres.pid, signal.SIGINT)

    async def _start_kafka(self) -> None:
        with self.steps.step("Kafka") as step:
            await self.kafka.start(step.count)
            await ensure_topics(self.kafka.bootstrap)  # also those of a broker that has lost its folder
            step.label = self.kafka.origin
        if self.kafka.pid is not None:
            self.ledger.record("kafka", self.kafka.pid)

    async def _migrate(self, databases: dict[str, DatabaseUrls]) -> None:
        may_have_rows = await was_migrated(SERVICES[0], databases["registry"].owner)
        pending = [s for s in SERVICES if not await is_migrated(s, databases[s.name].owner)]
        if pending:
            with self.steps.step("migrasi / migrations"):
                await in_parallel(*(self._finish(s.name, s.module, "migrate") for s in pending))
        if may_have_rows:
            with self.steps.step("kunci NIK / keys of NIK"):
                await check_keys(self.supervisor, self.environments["registry"], self.vault)
        if not await is_loaded(databases["registry"].owner):
            with self.steps.step("data rujukan: wilayah dan puskesmas / reference data: areas and puskesmas"):
                await self._finish("registry", "ilp_registry", "load-reference")

    async def _finish(self, service: str, module: str, command: str) -> None:
        name = f"{service.replace('_', '-')}-{command}"
        await self.supervisor.finish(Job(name, (module, command), self.environments[service]))

    def _start_services(self, ports: dict[str, Ports], backing: Backing) -> None:
        where = routes(ports)
        embedded = {"postgres": self.postgres, "kafka": self.kafka}
        servers = [name for name, server in embedded.items() if not server.external]
        self.ledger.note(address=self.config.address, routes=where, servers=servers)
        for service in SERVICES:
            own = {"api": {}, "worker": worker_environment(service, backing)}
            for role, more in own.items():
                name = f"{service.label}-{role}"
                self.supervisor.keep(Job(name, (service.module, role), self.environments[service.name] | more))
        keys = str(self.config.issuer / "jwks.json")
        arguments = ("deploy.dev.front_door", str(self.config.port), routes_argument(where), keys)
        self.supervisor.keep(Job(FRONT_DOOR, arguments, dict(os.environ)))

    async def _until(self, session: aiohttp.ClientSession, path: str) -> None:
        """Wait until a path answers 200: all processes are ready, and the page knows its area (it comes by events)."""
        waiting = FRONT_DOOR
        deadline = asyncio.get_running_loop().time() + READY_SECONDS
        while asyncio.get_running_loop().time() < deadline:
            try:
                async with session.get(self.config.address + path) as answer:
                    if answer.status == 200:
                        return
                    waiting = await unready(answer) or path
            except (aiohttp.ClientError, TimeoutError):
                waiting = FRONT_DOOR
            await asyncio.sleep(0.2)
        raise StartError(f"Belum siap setelah / not ready after {READY_SECONDS} s: {waiting} (log: {self.config.logs})")

    async def keep_backing(self) -> None:
        """Keep PostgreSQL and Kafka running, side by side, until cancelled; a start that fails ends nothing else.

        Meanwhile say how far the history of the demonstration is.
        """
        await in_parallel(
            tell_progress(self.config.data, self.display.say),
            keep_server("PostgreSQL", self.postgres, self._start_postgres, self.display.say),
            keep_server("Kafka", self.kafka, self._start_kafka, self.display.say),
        )

    def start_demo(self) -> None:
        """Start the demonstration day in the background, and the load of its history beside it."""
        env = {
            **os.environ,
            "ILP_BASE_URL": self.config.address,
            "ILP_DATA_DIR": str(self.config.data),
            "ILP_DEV_ISSUER": str(self.config.issuer),
        }
        self.supervisor.once(Job(DEMO, ("deploy.dev.simulate",), env))
        if self.config.history:
            self.supervisor.once(Job(HISTORY, ("deploy.dev.history",), env))

    async def stop(self) -> None:
        """Stop what was started, in reverse order, and nothing else."""
        self._stopping = True
        await self.supervisor.stop(DEMO, HISTORY)
        await self.supervisor.stop(FRONT_DOOR)
        await self.supervisor.stop_all()
        await self.kafka.stop()
        self.ledger.forget("kafka")
        await self.postgres.stop()
        self.ledger.forget("postgres")


async def unready(answer: aiohttp.ClientResponse) -> str:
    """Return the processes that `/health` names as not ready; empty for any other answer."""
    if answer.content_type != "application/json":
        return ""
    state = (await answer.json()).get("processes", {})
    return ", ".join(name for name, entry in state.items() if not entry["ready"])


async def in_parallel(*jobs: Coroutine[None, None, None]) -> None:
    """Run jobs side by side; the first failure cancels the others and is raised as itself."""
    tasks = [asyncio.ensure_future(job) for job in jobs]
    try:
        await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def run(config: Config) -> int:
    """Run until a signal; return 0 after a clean stop."""
    display = Display()
    platform = Platform(config, display)
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for sig in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(sig, stopped.set)
    starting = asyncio.ensure_future(platform.start())
    waiting = asyncio.ensure_future(stopped.wait())
    try:
        await asyncio.wait({starting, waiting}, return_when=asyncio.FIRST_COMPLETED)
        if starting.done():
            starting.result()
            if config.demo:
                platform.start_demo()
            display.close()
            print(f"\nILP siap / ready:  {config.address}/\nCtrl-C menghentikan / stops.\n", flush=True)
            backing = asyncio.ensure_future(platform.keep_backing())
            try:
                await asyncio.wait({backing, waiting}, return_when=asyncio.FIRST_COMPLETED)
                if backing.done():
                    backing.result()
            finally:
                backing.cancel()
                await asyncio.gather(backing, return_exceptions=True)
        return 0
    finally:
        display.close()
        for task in (starting, waiting):
            task.cancel()
        await asyncio.gather(starting, waiting, return_exceptions=True)
        if stopped.is_set():
            print("Menghentikan semua proses / stopping …", flush=True)
        await platform.stop()


def main() -> int:
    """Run `make run`; return its exit code."""
    return answered(_run)


def _run() -> int:
    config = Config.from_environment()
    with claim_folder(config):
        return asyncio.run(run(config))


if __name__ == "__main__":
    sys.exit(main())
