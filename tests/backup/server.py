"""Debian's PostgreSQL with pgBackRest beside it, both with the files of `deploy/backup`, in folders of the test.

Only places differ from a server as deploy/README.md sets it up: they are in the environment, as pgBackRest allows.
"""

import asyncio
import os
import re
import shutil
from asyncio.subprocess import PIPE, STDOUT
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

from deploy.dev.config import ROOT
from deploy.dev.postgres import EmbeddedPostgres
from deploy.dev.postgres_binaries import DEBIAN, Binaries, find_binaries
from deploy.dev.unprivileged import choose_account

FILES = ROOT / "deploy" / "backup"
_SETTING = re.compile(r"^(\w+) = '(.*)'$", re.MULTILINE)


class BackedUpPostgres(EmbeddedPostgres):
    """A server whose log pgBackRest archives, and the shell of the account that it runs as."""

    def __init__(self, data: Path) -> None:
        self.home = data / "backup"
        """What an operator has on such a machine: a clone, settings, the repository. The account's own."""
        self.data_folder = data / "postgres"
        self._account = choose_account(find_binaries(self.data_folder, DEBIAN).folder, data)
        for folder in (self.home, *(self.home / name for name in (*_PLACES.values(), "sockets", "metrics", "empty"))):
            self._account.own(folder)
        shutil.copytree(FILES, self.home / "deploy" / "backup")
        super().__init__(data, {"unix_socket_directories": str(self.home / "sockets")})
        self.environment = self._places()

    def programs(self) -> Binaries:
        """Return Debian's programs: pgBackRest 2.45 knows no newer PostgreSQL than Debian 12 has."""
        return find_binaries(self.data_folder, DEBIAN)

    async def begin_archiving(self) -> None:
        """Start again with the settings of the backup, as the page has it once there is a repository."""
        settings = dict(_SETTING.findall((FILES / "postgresql.conf").read_text(encoding="utf-8")))
        assert settings["archive_mode"] == "on"
        self._settings |= settings
        await self.restart()

    @property
    def repository(self) -> Path:
        """The folder of backups and archived log."""
        return self.home / _PLACES["REPO1_PATH"]

    @property
    def metrics(self) -> Path:
        """The folder of the text files for the node exporter."""
        return self.home / "metrics"

    def metric(self, name: str) -> str:
        """Return the text file of a job; empty before it first succeeded."""
        path = self._file(name)
        return path.read_text() if path.exists() else ""

    def report(self, name: str, text: str) -> None:
        """Let the text file of a job say this instead; nothing means that no job has reported."""
        self._file(name).write_text(text) if text else self._file(name).unlink()

    def _file(self, name: str) -> Path:
        return self.metrics / f"{name}.prom"

    def empty(self) -> None:
        """Lose the data folder; in its place there is an empty one."""
        shutil.rmtree(self.data_folder)
        self._account.own(self.data_folder)

    async def operate(self, commands: str, **names: str) -> tuple[int, str]:
        """Run commands of the page as the server's account, in its clone; returns exit code and what they print."""
        child = await asyncio.create_subprocess_exec(
            *(*self._account.prefix, "bash", "-eu", "-o", "pipefail", "-c", commands),
            cwd=self.home,
            env={**os.environ, **self._places(), **self._client(), **names},
            stdout=PIPE,
            stderr=STDOUT,
            user=self._account.uid,
            group=self._account.gid,
            extra_groups=None if self._account.uid is None else [],
        )
        output, _ = await child.communicate()
        assert child.returncode is not None
        return child.returncode, output.decode()

    def _places(self) -> Mapping[str, str]:
        folders = {f"PGBACKREST_{name}": str(self.home / folder) for name, folder in _PLACES.items()}
        return {
            **folders,
            "PGBACKREST_CONFIG": str(self.home / "deploy" / "backup" / "pgbackrest.conf"),
            "PGBACKREST_PG1_PATH": str(self.data_folder),
        }

    def _client(self) -> Mapping[str, str]:
        """Return how the account reaches the server; on Debian it needs nothing for that."""
        sockets, port = str(self.home / "sockets"), str(self.port)
        return {
            "PGHOST": sockets,
            "PGPORT": port,
            "PGUSER": "postgres",
            "PGPASSWORD": urlsplit(self.dsn).password or "",
            "PGBACKREST_PG1_SOCKET_PATH": sockets,
            "PGBACKREST_PG1_PORT": port,
            "ILP_METRICS": str(self.metrics),
            "EMPTY_FOLDER": str(self.home / "empty"),
        }


_PLACES = {
    "CONFIG_INCLUDE_PATH": "conf.d",
    "REPO1_PATH": "repository",
    "LOG_PATH": "log",
    "LOCK_PATH": "lock",
    "SPOOL_PATH": "spool",
}
