"""PostgreSQL for the one-command run and for tests: a given server, or an embedded one as a child process.

`choose_postgres(data, url)` returns an object with `start`, `stop`, `kill`, `restart` and `dsn` (superuser).
The embedded server listens on 127.0.0.1 with a password, recovers from kill -9 on the next start, and
first ends every server that still runs on its data folder.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import quote

import asyncpg

from deploy.dev.child import Command, Identity, gone, run, spawn, stop
from deploy.dev.failure import StartError, last_line
from deploy.dev.postgres_binaries import Binaries, find_binaries
from deploy.dev.unprivileged import Account, choose_account
from deploy.dev.vault import PortBook, Vault

SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "max_connections": "200",
    "shared_buffers": "128MB",
    "max_wal_size": "2GB",
    "wal_compression": "on",
    "synchronous_commit": "on",
    "fsync": "on",
    "log_min_messages": "warning",
    "timezone": "UTC",
}
INITDB = ("--username=postgres", "--auth=scram-sha-256", "--encoding=UTF8", "--locale=C", "--no-sync")
RECOVERY_SECONDS = 180


class ExternalPostgres:
    """An external server (ILP_DATABASE_URL, a superuser's address); this program never stops it."""

    external = True
    pid: int | None = None

    def __init__(self, url: str) -> None:
        self.dsn = url
        self.origin = "ILP_DATABASE_URL"

    async def start(self) -> None:
        """Check that the server answers."""
        try:
            connection = await asyncpg.connect(self.dsn, timeout=10)
        except (OSError, TimeoutError, asyncpg.PostgresError) as error:
            raise StartError(
                f"PostgreSQL dari ILP_DATABASE_URL tidak menjawab / does not answer: {type(error).__name__}"
            ) from None
        version = connection.get_server_version()
        await connection.close()
        self.origin = f"PostgreSQL {version.major}.{version.minor} (ILP_DATABASE_URL)"

    async def stop(self) -> None:
        """Do nothing: an external server keeps running."""

    async def kill(self) -> None:
        """Raise RuntimeError: an external server is never killed."""
        raise RuntimeError("the external server is not ours to kill")

    async def restart(self) -> None:
        """Raise RuntimeError: an external server is never restarted."""
        raise RuntimeError("the external server is not ours to restart")


class EmbeddedPostgres:
    """One server on `<data>/postgres`; a kill -9 of it, or of this program, loses nothing that was committed."""

    external = False

    def __init__(self, data: Path, settings: Mapping[str, str] | None = None) -> None:
        self._parent = data
        self._folder = data / "postgres"
        self._log = data / "logs" / "postgres.log"
        self._vault = Vault(data / "secrets.json")
        self._ports = PortBook(data / "ports.json")
        self._settings = {**SETTINGS, **(settings or {})}
        self._process: asyncio.subprocess.Process | None = None
        self.port = 0
        self.origin = "PostgreSQL"
        self.environment: Mapping[str, str] = {}
        """More environment for the next start; the fault campaign gives the server a clock of its own."""

    @property
    def dsn(self) -> str:
        """The superuser's address."""
        password = quote(self._vault.password("postgres"))
        return f"postgresql://postgres:{password}@127.0.0.1:{self.port}/postgres"

    def assume_running(self) -> None:
        """Use the port of the server that another process runs, for its address only."""
        self.port = self._ports.kept("postgres") or 0

    @property
    def pid(self) -> int | None:
        """The postmaster's pid while it runs."""
        alive = self._process is not None and self._process.returncode is None
        return self._process.pid if alive and self._process is not None else None

    async def start(self) -> None:
        """Start the server; create or recover its data folder. Raises StartError."""
        if self.pid is not None:
            return
        self._vault.read()
        binaries = self.programs()
        self.origin = f"PostgreSQL {binaries.version} ({binaries.origin})"
        self._parent.mkdir(parents=True, exist_ok=True)
        account = choose_account(binaries.folder, self._parent)
        await end_servers_on(self._folder)
        (self._folder / "postmaster.pid").unlink(missing_ok=True)  # safe: no process is left on the folder
        if not (self._folder / "PG_VERSION").exists():
            await self._initialise(binaries, account)
        self.port = self._ports.again("postgres", self.port) if self.port else self._ports.take("postgres")
        options = [f"--{name}={value}" for name, value in {**self._settings, "port": str(self.port)}.items()]
        program = str(binaries.folder / "postgres")
        self._process = await spawn(self._command(account, [program, "-D", str(self._folder), *options], self._folder))
        await self._until_ready(self._process)

    def programs(self) -> Binaries:
        """Return the programs that fit the data folder; raises StartError."""
        return find_binaries(self._folder)

    async def _initialise(self, binaries: Binaries, account: Account) -> None:
        draft = self._folder.with_name("postgres.new")
        shutil.rmtree(draft, ignore_errors=True)
        account.own(draft)
        password = draft.with_name(".postgres.pw")
        _write_for(account, password, self._vault.password("postgres"))
        try:
            argv = [str(binaries.folder / "initdb"), "-D", str(draft), f"--pwfile={password}", *INITDB]
            code = await run(self._command(account, argv, self._parent))
        finally:
            password.unlink(missing_ok=True)
        if code != 0:
            reason = last_line(self._log, "FATAL", "error", "could not")
            raise StartError(f"initdb gagal / failed: {reason} (log: {self._log})")
        os.sync()
        draft.replace(self._folder)

    def _command(self, account: Account, argv: list[str], cwd: Path) -> Command:
        environment = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
        environment |= {"LC_ALL": "C", "TZ": "UTC", **self.environment}
        return Command(
            argv,
            self._log,
            environment,
            cwd,
            signal.SIGINT,
            account.uid,
            account.gid,
            account.prefix,
        )

    async def _until_ready(self, process: asyncio.subprocess.Process) -> None:
        deadline = asyncio.get_running_loop().time() + RECOVERY_SECONDS
        while asyncio.get_running_loop().time() < deadline:
            if process.returncode is not None:
                reason = last_line(self._log, "FATAL", "PANIC")
                raise StartError(f"PostgreSQL berhenti / stopped: {reason} (log: {self._log})")
            try:
                connection = await asyncpg.connect(self.dsn, timeout=5)
            except asyncpg.InvalidPasswordError:
                await self.stop()
                raise self._vault.misfit() from None
            except (OSError, TimeoutError, asyncpg.PostgresError):
                await asyncio.sleep(0.05)
            else:
                await connection.close()
                return
        await self.stop()
        raise StartError(f"PostgreSQL belum siap / not ready after {RECOVERY_SECONDS} s (log: {self._log})")

    async def stop(self) -> None:
        """End the server cleanly (fast shutdown); open transactions are rolled back."""
        process, self._process = self._process, None
        if process is not None:
            await stop(process, signal.SIGINT, grace=20)
            await end_servers_on(self._folder)

    async def kill(self) -> None:
        """Kill the server and all its backends with SIGKILL, as a power cut would."""
        process, self._process = self._process, None
        if process is None or process.returncode is not None:
            return
        process.kill()
        for identity in servers_on(self._folder):
            _signal(identity, signal.SIGKILL)
        await process.wait()
        await end_servers_on(self._folder)

    async def restart(self) -> None:
        """Stop, and start again on the same port."""
        await self.stop()
        await self.start()


def choose_postgres(
    data: Path, url: str | None = None, settings: Mapping[str, str] | None = None
) -> ExternalPostgres | EmbeddedPostgres:
    """Return the given server if there is one, else an embedded one in the data folder, with further settings."""
    return ExternalPostgres(url) if url else EmbeddedPostgres(data, settings)


def servers_on(folder: Path) -> list[Identity]:
    """Return every PostgreSQL process, postmaster or backend, that works in this data folder."""
    identities = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            inside = (entry / "cwd").readlink() == folder
            is_server = (entry / "exe").readlink().name.startswith("postgres")
        except OSError:
            continue
        identity = Identity.of(int(entry.name))
        if inside and is_server and identity is not None:
            identities.append(identity)
    return identities


async def end_servers_on(folder: Path) -> None:
    """End the servers left on a data folder, in the end by SIGKILL; raises StartError."""
    for sig, seconds in ((signal.SIGINT, 10), (signal.SIGQUIT, 5), (signal.SIGKILL, 5)):
        left = servers_on(folder)
        if not left:
            return
        for identity in left:
            _signal(identity, sig)
        await asyncio.gather(*(gone(identity, seconds) for identity in left))
    if servers_on(folder):
        raise StartError(f"Server lama di {folder} tidak dapat dihentikan / an old server cannot be ended")


def _signal(identity: Identity, sig: signal.Signals) -> None:
    try:
        os.kill(identity.pid, sig)
    except (ProcessLookupError, PermissionError):
        return


def _write_for(account: Account, path: Path, text: str) -> None:
    path.unlink(missing_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
    if account.uid is not None and account.gid is not None:
        os.chown(path, account.uid, account.gid)
