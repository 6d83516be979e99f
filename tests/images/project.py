"""The compose project on a private machine: prepared, started, asked and hurt through the commands of an installer."""

from __future__ import annotations

import json
import os
import shlex
import sys
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from deploy.dev.config import ROOT, SERVICES
from deploy.images.pins import variable_of
from ilp_shared.auth.development import create_issuer, set_identity
from tests.images.namespaces import Machine
from tests.support.runbooks import names_of
from tests.support.waiting import eventually

HOST = "ilp.example.test"
PORT = 8843
"""Not that of https: redirect and sign-in have to name it."""
ADDRESS = f"https://{HOST}:{PORT}"
ISSUER = "https://login.example.test/realms/ilp"
"""Nothing answers there: its keys are given as a file, and its tokens are made by the tests."""
LABELS = tuple(service.path.removeprefix("/") for service in SERVICES)
PROCESSES = tuple(f"{label}-{role}" for label in LABELS for role in ("api", "worker"))
CONTAINERS = ("postgres", "kafka", "gateway", *PROCESSES)
"""All that runs without a profile."""
SETTLE_S = 300.0
"""A whole project starts, or comes back, on two busy cores."""
RECEIVER = "told"
"""The container that Alertmanager tells, at another path for each severity."""
_PORTS = {"api": 8080, "worker": 8081}
_NOTHING_LOST = "there is nothing to recover"
_DOCKER = """\
#!/bin/sh
# `docker compose`, as deploy/README.md writes it, by podman-compose
shift
if [ "$1" = run ]; then shift; set -- --profile steps run --no-deps -T "$@"; fi
exec {compose} "$@"
"""
_PROBE = """
import sys, urllib.request
for place in sys.argv[1:]:
    try:
        urllib.request.urlopen(f'http://{place}/health/ready')
    except OSError:
        print(place.partition(':')[0])
"""
"""Asks every process from inside the network, where alone workers can be reached; prints those that are not ready."""


class Project:
    """One project; `folder` has its `.env`, its secrets and the issuer's keys."""

    def __init__(self, machine: Machine, folder: Path) -> None:
        self.machine, self.folder = machine, folder
        self.issuer = folder / "issuer"
        self._programs = folder / "programs"

    def prepare(self, stand_ins: Mapping[str, str]) -> None:
        """Pin the images of others, and write `.env` and secrets."""
        self.folder.mkdir()
        create_issuer(self.issuer)
        set_identity(self.issuer, ISSUER)
        pins = {variable_of(name): image for name, image in stand_ins.items()}
        self._make("deploy.images.pins", pins)
        receivers = {f"ALERT_{name.upper()}": f"http://{RECEIVER}:8000/{name}" for name in ("page", "ticket")}
        keys = str(self.issuer / "jwks.json")
        site = {"HOST": HOST, "ISSUER": ISSUER, "JWKS": keys, "ILP_HTTPS_PORT": str(PORT), **receivers}
        self._make("deploy.compose.prepare", site, str(self.folder))
        docker = self._programs / "docker"
        docker.parent.mkdir()
        docker.write_text(_DOCKER.format(compose=shlex.join(self.command())), encoding="utf-8")
        docker.chmod(0o755)

    @property
    def _path(self) -> str:
        """Where an operator's shell finds programs, `docker` first."""
        return f"{self._programs}:{Path(sys.executable).parent}:{os.environ['PATH']}"

    def _make(self, module: str, variables: Mapping[str, str], *arguments: str) -> None:
        done = self.machine.run(sys.executable, "-m", module, *arguments, environment=variables)
        assert done.returncode == 0, done.stderr

    def command(self, *arguments: str, profiles: Sequence[str] = ()) -> list[str]:
        """Return a command of compose."""
        chosen = [word for profile in profiles for word in ("--profile", profile)]
        compose = str(ROOT / "deploy" / "compose" / "compose.yaml")
        return ["podman-compose", "--env-file", str(self.folder / ".env"), "-f", compose, *chosen, *arguments]

    def compose(self, *arguments: str, profiles: Sequence[str] = ()) -> str:
        """Run a command of compose, which must succeed; return what it prints."""
        return self.machine.read(*self.command(*arguments, profiles=profiles))

    def walk(self, command: str, *after_names: str) -> tuple[int, str]:
        """Run a command of a runbook in a shell that has the names of monitoring's worker as their README says.

        Returns the exit code, and all that was printed.
        """
        script = "\n".join([names_of("Compose"), *after_names, command])
        done = self.machine.run(
            "bash", "--norc", "-eu", "-o", "pipefail", "-c", script, environment={"PATH": self._path}
        )
        return done.returncode, done.stdout + done.stderr

    def step(self, name: str, *command: str) -> tuple[int, str]:
        """Run a container of the project once; return its exit code and what it printed."""
        done = self.machine.run(*self.command("run", "--rm", "--no-deps", "-T", name, *command, profiles=["steps"]))
        return done.returncode, done.stdout + done.stderr

    async def do(self, name: str, *command: str) -> str:
        """Repeat a step until it succeeds, as an installer does while servers are still starting."""
        return await _repeated(name, lambda: self.step(name, *command))

    async def operate(self, commands: str, **names: str) -> None:
        """Run commands of deploy/README.md, each until it succeeds or says that there is nothing to do."""
        environment = {**names, "PATH": self._path}

        def attempt(command: str) -> tuple[int, str]:
            done = self.machine.run("sh", "-euc", command, environment=environment)
            said = done.stdout + done.stderr
            return 0 if _NOTHING_LOST in said else done.returncode, said

        for command in commands.splitlines():
            await _repeated(command, partial(attempt, command))

    def query(self, database: str, statement: str) -> str:
        """Return what a statement answers at the server, as its owner."""
        psql = ("psql", "--no-psqlrc", "-tA", "--dbname", database, "--command", statement)
        return self.machine.read("podman", "exec", "ilp_postgres_1", *psql).strip()

    def prometheus(self, query: str) -> list[dict[str, Any]]:
        """Return the series of a query; none while Prometheus does not answer."""
        url = "http://127.0.0.1:9090/api/v1/query"
        asked = self.machine.run("curl", "-fsS", "--get", "--data-urlencode", f"query={query}", url)
        series: list[dict[str, Any]] = json.loads(asked.stdout)["data"]["result"] if asked.returncode == 0 else []
        return series

    def inspect(self, name: str) -> Mapping[str, Any]:
        """Return all that the engine says of a container."""
        (described,) = json.loads(self.machine.read("podman", "inspect", f"ilp_{name}_1"))
        assert isinstance(described, dict)
        return described

    def logs(self, name: str) -> str:
        """Return what a container has printed."""
        done = self.machine.run("podman", "logs", f"ilp_{name}_1")
        return done.stdout + done.stderr

    def main_process(self, name: str) -> int:
        """Return the process of a container, as the private machine numbers it; 0 where it does not run."""
        return int(self.inspect(name)["State"]["Pid"])

    def kill(self, name: str) -> int:
        """Kill the main process of a container (SIGKILL), as a crash does; return which it was."""
        pid = self.main_process(name)
        self.machine.read("kill", "-KILL", str(pid))
        return pid

    def unready(self) -> list[str]:
        """Return the apis and workers that do not answer that they are ready."""
        places = [f"{name}:{_PORTS[name.rpartition('-')[2]]}" for name in PROCESSES]
        program = ("/opt/ilp/bin/python", "-c", _PROBE, *places)
        asked = self.machine.run("podman", "exec", f"ilp_{PROCESSES[0]}_1", *program)
        return asked.stdout.split() if asked.returncode == 0 else [PROCESSES[0]]

    async def ready(self) -> None:
        """Wait until all eight processes are ready."""
        waiting = list(PROCESSES)

        async def all_ready() -> bool:
            waiting[:] = self.unready()
            return not waiting

        try:
            await eventually(all_ready, within_s=SETTLE_S, every_s=0.5)
        except AssertionError:
            last = "\n".join(f"--- {name}\n{self.logs(name)[-2000:]}" for name in waiting)
            raise AssertionError(f"not ready: {', '.join(waiting)}\n{last}") from None


async def _repeated(name: str, attempt: Callable[[], tuple[int, str]]) -> str:
    """Repeat something until its exit code is 0; return what it printed then."""
    outcomes: list[tuple[int, str]] = []

    async def done() -> bool:
        outcomes.append(attempt())
        return outcomes[-1][0] == 0

    try:
        await eventually(done, within_s=SETTLE_S, every_s=1)
    except AssertionError:
        raise AssertionError(f"{name}: {outcomes[-1]}") from None
    return outcomes[-1][1]
