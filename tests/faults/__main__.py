"""`make chaos`: every fault for each of SEEDS seeds from SEED on, or SEED and FAULT to run one again.

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
from pathlib import Path

from tests.faults.campaign import Result, named, run
from tests.faults.catalogue import FAULTS
from tests.faults.fault import CannotRun, Fault
from tests.faults.results import Record, keep, record_of
from tests.faults.stage import running_fault_stage


async def campaign(seeds: Sequence[int], faults: Sequence[Fault]) -> AsyncGenerator[Record]:
    """Run every fault with every seed; gives every run as soon as it is over."""
    for seed in seeds:
        left = deque(faults)
        while left:
            async with aclosing(on_one_platform(seed, left)) as runs:
                async for record in runs:
                    yield record


async def on_one_platform(seed: int, left: "deque[Fault]") -> AsyncGenerator[Record]:
    """Run faults on a platform of their own, until all are run or one has broken it: then its data are kept."""
    folder = Path(tempfile.mkdtemp(prefix="ilp-chaos-"))
    sound = True
    async with running_fault_stage(folder) as stage:
        while left and sound:
            fault = left.popleft()
            try:
                result = await run(stage, seed, fault)
            except CannotRun as why:
                print(f"not run: {fault.name}: {why}", flush=True)
                continue
            except Exception as error:
                result = Result(seed, fault.name, 0, 0, 0, 0.0, 0.0, [f"{type(error).__name__}: {error}"])
            sound = not result.findings
            say(result, folder)
            yield record_of(result, fault.group)
    if sound:
        shutil.rmtree(folder)


def say(result: Result, folder: Path) -> None:
    """Print one run."""
    state = "FOUND" if result.findings else "ok"
    print(
        f"{state:5}  seed {result.seed}  {result.fault}: {result.commands} commands, lost {result.lost}, double"
        f" {result.double}, recovered in {result.recovery_s:.1f} s, took {result.took_s:.0f} s",
        flush=True,
    )
    if result.findings:
        print(f"{result.told()}\nlogs: {folder / 'logs'}", flush=True)


async def conduct(seeds: Sequence[int], faults: Sequence[Fault], *, kept: bool) -> int:
    """Run a campaign, keeping its record after every run if wanted; 1 when anything was found."""
    records: list[Record] = []
    async with aclosing(campaign(seeds, faults)) as runs:
        async for record in runs:
            records.append(record)
            if kept:
                keep(records)
    return 1 if any(record.findings for record in records) else 0


def main(env: Mapping[str, str]) -> int:
    """Run what the environment asks for."""
    first, number, only = int(env.get("SEED") or 1), int(env.get("SEEDS") or 1), env.get("FAULT") or ""
    try:
        faults = [named(only)] if only else FAULTS
    except KeyError:
        print(f"no fault is called {only!r}; there are:\n" + "\n".join(f"  {fault.name}" for fault in FAULTS))
        return 2
    return asyncio.run(conduct(range(first, first + number), faults, kept=not only))


if __name__ == "__main__":
    sys.exit(main(os.environ))
