"""The compose project on a private machine: prepared, started, asked and hurt through the commands of an installer."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from deploy.dev.config import ROOT, SERVICES
from ilp_shared.auth.development import create_issuer, set_identity
from tests.images.namespaces import Machine
from tests.support.waiting import eventually

HOST = "ilp.example.test"
ISSUER = "https://login.example.test/realms/ilp"
"""Nothing answers there: its keys are given as a file, and its tokens are made by the tests."""
LABELS = tuple(service.path.removeprefix("/") for service in SERVICES)
PROCESSES = tuple(f"{label}-{role}" for label in LABELS for role in ("api", "worker"))
CONTAINERS = ("postgres", "kafka", "gateway", *PROCESSES)
"""All that runs without a profile."""
SETTLE_S = 300.0
"""A whole project starts, or comes back, on two busy cores."""
_PORTS = {"api": 8080, "worker": 8081}
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

    def prepare(self, stand_ins: Mapping[str, str]) -> None:
        """Pin the images of others, and write `.env` and secrets."""
        self.folder.mkdir()
        create_issuer(self.issuer)
        set_identity(self.issuer, ISSUER)
        pins = {f"PIN_{name.upper()}": image for name, image in stand_ins.items()}
        self._make("deploy.images.pins", pins)
        site = {"HOST": HOST, "ISSUER": ISSUER, "JWKS": str(self.issuer / "jwks.json")}
        self._make("deploy.compose.prepare", site, str(self.folder))

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

    def step(self, name: str, *command: str) -> tuple[int, str]:
        """Run a container of the project once; return its exit code and what it printed."""
        done = self.machine.run(*self.command("run", "--rm", "--no-deps", "-T", name, *command, profiles=["steps"]))
        return done.returncode, done.stdout + done.stderr

    async def do(self, name: str, *command: str) -> str:
        """Repeat a step until it succeeds, as an installer does while servers are still starting."""
        outcomes: list[tuple[int, str]] = []

        async def done() -> bool:
            outcomes.append(self.step(name, *command))
            return outcomes[-1][0] == 0

        try:
            await eventually(done, within_s=SETTLE_S, every_s=1)
        except AssertionError:
            raise AssertionError(f"{name}: {outcomes[-1]}") from None
        return outcomes[-1][1]

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
