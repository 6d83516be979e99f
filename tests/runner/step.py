"""Runs one tier and says what it cost. Output goes straight through; a tier that fails does not stop the next."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from deploy.dev.config import ROOT
from tests.runner import cpu
from tests.runner.counts import Counts, sum_of
from tests.runner.tiers import TOLERANCE, Tier
from tests.support.servers import Servers


@dataclass(frozen=True)
class Outcome:
    """What a tier came to; `counts` include a budget that was passed by far."""

    tier: Tier
    counts: Counts
    wall_s: float
    cpu_s: float
    load: float
    """One-minute load average of the machine when the tier began."""

    @property
    def budget_s(self) -> float:
        """What it may have cost."""
        return self.tier.budget_s(sum(self.counts))

    @property
    def costs_too_much(self) -> bool:
        """Whether it cost so much more than its budget that the run fails."""
        return self.tier.budgeted and self.cpu_s > TOLERANCE * self.budget_s

    @property
    def line(self) -> str:
        """One line on the tier for the summary of a run."""
        budget = f"of {self.budget_s:.0f}" if self.tier.budgeted else "(no budget)"
        verdict = " OVER BUDGET" if self.costs_too_much else ""
        return (
            f"{self.tier.name:8} {self.counts.line:38} {self.wall_s:6.0f} s wall, {self.cpu_s:6.0f} CPU s {budget},"
            f" load {self.load:.1f} at the start{verdict}"
        )


class Interrupted(Exception):  # noqa: N818 - it says what is the case
    """The run was ended by a signal; `counts` are those of the tiers that came to their end, and one failure."""

    def __init__(self, counts: Counts = Counts(failed=1)) -> None:  # noqa: B008 - it never changes
        super().__init__("interrupted")
        self.counts = counts


def run(tier: Tier, servers: Servers, folder: Path, environment: Mapping[str, str] | None = None) -> Outcome:
    """Run a tier; `folder` keeps its report and what its tests leave behind. Raises Interrupted."""
    print(f"\n=== {tier.name}: {tier.what}", flush=True)
    load, began = os.getloadavg()[0], time.monotonic()
    before = cpu.of_ended_children() + cpu.of_tree(servers.pid)
    env = {**os.environ, **(environment or {})}
    counts = _commands(tier.commands, env) if tier.commands else _pytest(tier, folder, env)
    spent = cpu.of_ended_children() + cpu.of_tree(servers.pid) - before
    outcome = Outcome(tier, counts, time.monotonic() - began, spent, load)
    if outcome.costs_too_much:
        outcome = Outcome(tier, sum_of([counts, Counts(failed=1)]), outcome.wall_s, spent, load)
    print(outcome.line, flush=True)
    return outcome


def _commands(commands: Sequence[Sequence[str]], env: Mapping[str, str]) -> Counts:
    """Run commands of the environment's own programs, each to its end."""
    outcomes = []
    for program, *arguments in commands:
        print(f"--- {program} {' '.join(arguments)}", flush=True)
        code = call([str(Path(sys.executable).parent / program), *arguments], env)
        outcomes.append(Counts.of(passed=code == 0))
    return sum_of(outcomes)


def _pytest(tier: Tier, folder: Path, env: Mapping[str, str]) -> Counts:
    report = folder / f"{tier.name}.xml"
    options = ["-q", f"--junitxml={report}", f"--basetemp={folder / tier.name}"]
    code = call([sys.executable, "-m", "pytest", *options, *tier.arguments], env)
    return Counts.read(report, code)


def call(command: Sequence[str], env: Mapping[str, str]) -> int:
    """Run a command to its end and return its exit code; on a signal, let it end first and raise Interrupted."""
    process = subprocess.Popen(command, cwd=ROOT, env=env)
    try:
        return process.wait()
    except KeyboardInterrupt:
        process.send_signal(signal.SIGINT)
        process.wait()
        raise Interrupted from None
