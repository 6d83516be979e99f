"""Runs the commands of a runbook as an operator does: in bash, with the names that deploy/runbooks/README.md lists."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from deploy.dev.config import ROOT, SERVICES
from deploy.dev.databases import database_urls
from deploy.dev.environment import Backing, worker_environment
from deploy.dev.shell import operator_names
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
    (service,) = (each for each in SERVICES if process.startswith(f"{each.label}-"))
    urls = database_urls(platform.superuser, platform.deployment.vault)
    backing = Backing(urls, platform.deployment.kafka.bootstrap, platform.issuer)
    names = operator_names(service, platform.instance_of(process), platform.superuser, platform.data)
    return Shell({**platform.environments[service.name], **worker_environment(service, backing), **more, **names})
