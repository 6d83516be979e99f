"""Runs a tier, and those at its side, and says what each cost. A tier that fails does not stop the next.

The output of the tier goes straight through; that of each at its side follows when both have ended.
"""

import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from tests.runner import cpu
from tests.runner.counts import Counts, sum_of
from tests.runner.program import Ended, Program
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


def run(tiers: Sequence[Tier], servers: Servers, folder: Path) -> list[Outcome]:
    """Run the first tier with the others at its side; `folder` keeps reports and what the tests leave behind.

    The CPU time of the servers counts for the first. Raises Interrupted.
    """
    tier, *others = tiers
    names = "".join(f"; at its side {other.name}: {other.what}" for other in others)
    print(f"\n=== {tier.name}: {tier.what}{names}", flush=True)
    load, before = os.getloadavg()[0], cpu.of_tree(servers.pid)
    beside = [(other, Program(_pytest(other, folder), os.environ, folder / f"{other.name}.log")) for other in others]
    try:
        counts, ended = _commands(tier) if tier.commands else _tests(tier, folder)
        spent = ended.cpu_s + cpu.of_tree(servers.pid) - before
        outcomes = [_outcome(tier, counts, ended._replace(cpu_s=spent), load)]
        for other, program in beside:
            ended = program.wait()
            print(f"\n=== {other.name}: {other.what}", (folder / f"{other.name}.log").read_text(), sep="\n", flush=True)
            outcomes.append(_outcome(other, Counts.read(_report(other, folder), ended.code), ended, load))
    except (KeyboardInterrupt, Interrupted):
        for _, program in beside:
            program.interrupt()
        raise Interrupted from None
    return outcomes


def _outcome(tier: Tier, counts: Counts, ended: Ended, load: float) -> Outcome:
    """Return and print what a tier came to; too high a cost is one failure more."""
    outcome = Outcome(tier, counts, ended.wall_s, ended.cpu_s, load)
    if outcome.costs_too_much:
        outcome = replace(outcome, counts=sum_of([counts, Counts(failed=1)]))
    print(outcome.line, flush=True)
    return outcome


def _commands(tier: Tier) -> tuple[Counts, Ended]:
    """Run commands of the environment's own programs, each to its end."""
    counts, cpu_s, wall_s = [], 0.0, 0.0
    for program, *arguments in tier.commands:
        print(f"--- {program} {' '.join(arguments)}", flush=True)
        ended = call([str(Path(sys.executable).parent / program), *arguments], os.environ)
        counts.append(Counts.of(passed=ended.code == 0))
        cpu_s, wall_s = cpu_s + ended.cpu_s, wall_s + ended.wall_s
    return sum_of(counts), Ended(0, cpu_s, wall_s)


def _tests(tier: Tier, folder: Path) -> tuple[Counts, Ended]:
    ended = call(_pytest(tier, folder), os.environ)
    return Counts.read(_report(tier, folder), ended.code), ended


def _report(tier: Tier, folder: Path) -> Path:
    return folder / f"{tier.name}.xml"


def _pytest(tier: Tier, folder: Path) -> list[str]:
    options = ["-q", f"--junitxml={_report(tier, folder)}", f"--basetemp={folder / tier.name}"]
    return [sys.executable, "-m", "pytest", *options, *tier.arguments]


def call(command: Sequence[str], env: Mapping[str, str]) -> Ended:
    """Run a command to its end; on a signal, let it end first and raise Interrupted."""
    program = Program(command, env)
    try:
        return program.wait()
    except KeyboardInterrupt:
        program.interrupt()
        raise Interrupted from None
