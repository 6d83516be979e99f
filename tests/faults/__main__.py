"""`make chaos`: every fault for each of SEEDS seeds from SEED on, or SEED, FAULT and NOW to run one again.

A fresh platform for each seed. A campaign of all faults leaves its figures in `results.jsonl` and `RESULTS.md`, run
by run; a failing run prints its findings and the command that runs exactly it again. Exit code 1 when anything was
found.
"""

import asyncio
import os
import shutil
import sys
import tempfile
from collections import deque
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing
from datetime import UTC, datetime
from itertools import groupby
from pathlib import Path

from tests.faults.campaign import Result, Which, named, run
from tests.faults.catalogue import FAULTS
from tests.faults.fault import CannotRun
from tests.faults.platform import BreakablePlatform, running_breakable_platform
from tests.faults.results import Record, keep, record_of


async def campaign(runs: Sequence[Which]) -> AsyncGenerator[Record]:
    """Make runs, a fresh platform for each seed; gives every run as soon as it is over."""
    for _, of_seed in groupby(runs, key=lambda which: which.seed):
        left = deque(of_seed)
        while left:
            async with aclosing(on_one_platform(left)) as records:
                async for record in records:
                    yield record


async def on_one_platform(left: "deque[Which]") -> AsyncGenerator[Record]:
    """Make runs on a platform of their own, until all are made or one has broken it: then its data are kept."""
    folder = Path(tempfile.mkdtemp(prefix="ilp-chaos-"))
    sound = True
    async with running_breakable_platform(folder) as platform:
        while left and sound:
            record = await one(platform, left.popleft())
            sound = record.state != "failed"
            yield record
    if sound:
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
        print(result.told(), flush=True)


async def conduct(runs: Sequence[Which], *, kept: bool) -> int:
    """Make the runs of a campaign, keeping its record after every run if wanted; 1 when any failed."""
    records: list[Record] = []
    async with aclosing(campaign(runs)) as made:
        async for record in made:
            records.append(record)
            if kept:
                keep(records)
    return 1 if any(record.state == "failed" for record in records) else 0


def main(env: Mapping[str, str]) -> int:
    """Run what the environment asks for."""
    first, number, only = int(env.get("SEED") or 1), int(env.get("SEEDS") or 1), env.get("FAULT") or ""
    now = datetime.fromisoformat(env.get("NOW") or datetime.now(UTC).isoformat(timespec="seconds"))
    try:
        faults = [named(only)] if only else FAULTS
    except KeyError:
        print(f"no fault is called {only!r}; there are:\n" + "\n".join(f"  {fault.name}" for fault in FAULTS))
        return 2
    runs = [Which(seed, fault, now) for seed in range(first, first + number) for fault in faults]
    return asyncio.run(conduct(runs, kept=not only))


if __name__ == "__main__":
    sys.exit(main(os.environ))
