"""Runs the commands of a runbook as an operator does: in bash, with the names that deploy/runbooks/README.md lists."""

import asyncio
import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from deploy.dev.config import ROOT, SERVICES, Service
from deploy.dev.databases import database_urls
from deploy.dev.postgres_binaries import find_binaries
from tests.support.platform import Platform

_BASH = ("bash", "--noprofile", "--norc", "-eu", "-o", "pipefail", "-c")
_NOTHING: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True)
class Ended:
    """A command that has come to its end, and what it printed on both outputs."""

    command: str
    code: int
    output: str

    def __str__(self) -> str:
        return f"$ {self.command}\n{self.output}(exit code {self.code})"


class Shell:
    """The shell of an operator who has set the names for one process."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._environment = environment

    async def run(self, command: str) -> Ended:
        """Run one command to its end; each part of a pipe counts for the exit code."""
        child = await asyncio.create_subprocess_exec(
            *(*_BASH, command),
            cwd=ROOT,
            env=self._environment,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        output, _ = await child.communicate()
        assert child.returncode is not None
        return Ended(command, child.returncode, output.decode())

    async def run_all(self, commands: Sequence[str]) -> list[Ended]:
        """Run commands one after the other, also after one that fails."""
        return [await self.run(command) for command in commands]


def shell_for(platform: Platform, process: str, more: Mapping[str, str] = _NOTHING) -> Shell:
    """Return the shell for a process of a service, e.g. `screening-api`; `more` is what its environment has besides.

    The database is reached past every proxy: an operator's way to it is another one than the platform's.
    """
    (service,) = (each for each in SERVICES if process.startswith(f"{each.path[1:]}-"))
    programs = (Path(sys.executable).parent, find_binaries(platform.data / "postgres").folder)
    urls = database_urls(platform.superuser, platform.deployment.vault)
    names = {
        "INSTANCE": platform.instance_of(process),
        "SERVICE": service.module,
        "DATABASE": f"{urls[service.name].owner}?options=-csearch_path%3D{service.name}",
        "PATH": os.pathsep.join([*map(str, programs), os.environ["PATH"]]),
    }
    return Shell({**platform.environments[service.name], **_recount(platform, service), **more, **names})


def _recount(platform: Platform, service: Service) -> dict[str, str]:
    """Return what monitoring's worker has besides."""
    if service.name != "monitoring":
        return {}
    urls = database_urls(platform.superuser, platform.deployment.vault)
    return {f"ILP_RECOUNT_{name.upper()}_URL": each.app for name, each in urls.items()}
