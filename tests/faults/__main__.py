"""`make chaos`: every fault for each of SEEDS seeds from SEED on, or SEED, FAULT and NOW to run one again.

WAITS is the share of the production waits (by default a fifth). A new platform for each seed. A campaign of all faults
leaves its figures in `results.jsonl` and `RESULTS.md`, run by run; a failing run prints its findings and the command
that runs exactly it again. After the last run of a platform a stranger counts what all of them have left. Exit code 1
when anything was found.
"""

import asyncio
import os
import shutil
import sys
import tempfile
from collections import deque
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import groupby
from pathlib import Path

from ilp_shared.waits import Waits
from tests.faults.campaign import Result, Which, counted_by_a_stranger, run, waits_of
from tests.faults.catalogue import FAULTS, named
from tests.faults.fault import CannotRun
from tests.faults.platform import BreakablePlatform, running_breakable_platform
from tests.faults.results import Record, keep, record_of
from tests.runner.counts import Counts
from tests.runner.progress import Progress


@dataclass(frozen=True)
class AfterAll:
    """Where a stranger counts otherwise than readers of a platform are shown, after all its runs."""

    findings: list[str]


async def campaign(runs: Sequence[Which]) -> AsyncGenerator[Record | AfterAll]:
    """Make runs, a fresh platform for each seed; gives every run as soon as it is over, and the stranger's verdict."""
    for _, of_seed in groupby(runs, key=lambda which: which.seed):
        left = deque(of_seed)
        while left:
            async with aclosing(on_one_platform(left)) as verdicts:
                async for verdict in verdicts:
                    yield verdict


async def on_one_platform(left: "deque[Which]") -> AsyncGenerator[Record | AfterAll]:
    """Make runs on a platform of their own, until all are made or one has broken it: then its data are kept."""
    folder = Path(tempfile.mkdtemp(prefix="ilp-chaos-"))
    whole, number = True, len(left)
    async with running_breakable_platform(folder, Waits().scaled(left[0].waits)) as platform:
        while left and whole:
            record = await one(platform, left.popleft())
            whole = record.state != "failed"
            yield record
        if whole:
            verdict = AfterAll(await counted_by_a_stranger(platform))
            print(f"a stranger, after {number} runs: {'; '.join(verdict.findings) or 'counts the same'}", flush=True)
            whole = not verdict.findings
            yield verdict
    if whole:
        shutil.rmtree(folder)
    else:
        print(f"logs: {folder / 'logs'}", flush=True)


async def one(platform: BreakablePlatform, which: Which) -> Record:
    """Make one run, print it, and give its record."""
    try:
        result = await run(platform, which)
    except CannotRun as why:
        print(f"NOT RUN  {which.fault.name}: {why}", flush=True)
        return record_of(which, None, "not run")
    except Exception as error:
        print(f"FAILED   {which.fault.name}: {type(error).__name__}: {error}\n{which.replay}", flush=True)
        return record_of(which, None, "failed")
    say(result)
    return record_of(which, result, "failed" if result.findings else "held")


def say(result: Result) -> None:
    """Print a run that came to a verdict."""
    print(
        f"{'FAILED ' if result.findings else 'held   '}  seed {result.which.seed}  {result.which.fault.name}:"
        f" {result.commands} commands, lost {result.lost}, double {result.double}, recovered in"
        f" {result.recovery_s:.1f} s, took {result.took_s:.0f} s",
        flush=True,
    )
    if result.findings:
        print(result.explained(), flush=True)


async def conduct(runs: Sequence[Which], progress: Progress, *, recording: bool) -> int:
    """Make the runs of a campaign that are not finished, keeping each record if wanted; 1 when anything was found."""
    left = [which for which in runs if not progress.is_done(step_of(which))]
    findings: list[str] = []
    async with aclosing(campaign(left)) as verdicts:
        async for verdict in verdicts:
            if isinstance(verdict, AfterAll):
                findings += verdict.findings
                continue
            progress.done(step_of(verdict), counted(verdict))
            if recording:
                keep([verdict])
    return 0 if not findings and all(progress.passed(step_of(which)) for which in runs) else 1


def step_of(run: Which | Record) -> str:
    """Return the name of a run as a step of `make test-all`."""
    name = run.fault.name if isinstance(run, Which) else run.fault
    return f"fault at {run.waits:g} {run.seed} {name}"


def counted(record: Record) -> Counts:
    """Return what a run counts for."""
    return Counts(int(record.state == "held"), int(record.state == "failed"), int(record.state == "not run"))


def main(env: Mapping[str, str]) -> int:
    """Run what the environment asks for."""
    first, number, only = int(env.get("SEED") or 1), int(env.get("SEEDS") or 1), env.get("FAULT") or ""
    now = datetime.fromisoformat(env.get("NOW") or datetime.now(UTC).isoformat(timespec="seconds"))
    try:
        faults = [named(only)] if only else FAULTS
    except KeyError:
        print(f"no fault is called {only!r}; there are:\n" + "\n".join(f"  {fault.name}" for fault in FAULTS))
        return 2
    waits = waits_of(env)
    runs = [Which(seed, fault, now, waits) for seed in range(first, first + number) for fault in faults]
    return asyncio.run(conduct(runs, Progress.of_environment(env), recording=not only))


if __name__ == "__main__":
    sys.exit(main(os.environ))
