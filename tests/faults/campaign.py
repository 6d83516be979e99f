"""One run of the campaign: a seed, a fault, a verdict. Called by the tests (fixed seed) and by `make chaos` (many).

The workload goes on from before the fault until after the recovery. Then everything must settle by itself, the
oracle must find nothing, the independent recount must be equal, and every process must be ready.
"""

import random
import re
import time
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import datetime

from tests.faults.catalogue import FAULTS, NUMBERS
from tests.faults.fault import Fault
from tests.faults.oracle import Access, Verdict, judge
from tests.faults.places import villages_of_run
from tests.faults.platform import BreakablePlatform
from tests.faults.workload import Workload

BEFORE, AFTER = 12, 8
"""Commands that must be acknowledged before the fault begins, and after it has ended."""
SETTLE_S = 180.0


@dataclass(frozen=True)
class Which:
    """What makes a run what it is: the same again sends the same commands and hurts in the same way."""

    seed: int
    fault: Fault
    now: datetime
    """The moment that the workload takes for the present: its months, ages and days follow from it."""

    @property
    def replay(self) -> str:
        """The command that runs it again, on a platform of its own."""
        return f'make chaos SEED={self.seed} FAULT="{self.fault.name}" NOW={self.now.isoformat()}'

    @property
    def file(self) -> str:
        """Its name for files."""
        return f"{self.seed}-{re.sub('[^a-z0-9]+', '-', self.fault.name.lower())}"


@dataclass(frozen=True)
class Result:
    """What one run showed."""

    which: Which
    commands: int
    lost: int
    double: int
    recovery_s: float
    took_s: float
    findings: list[str]

    def told(self) -> str:
        """The findings with the command that runs exactly this again."""
        return "\n".join([*(f"  - {finding}" for finding in self.findings), self.which.replay])


def named(name: str) -> Fault:
    """The fault of that name; KeyError when there is none."""
    return {fault.name: fault for fault in FAULTS}[name]


async def run(platform: BreakablePlatform, which: Which, *, recount: bool = True) -> Result:
    """Hurt a running platform once, and judge what became of it; an error tells how to run it again."""
    try:
        async with AsyncExitStack() as platform.leaving:
            return await _run(platform, which, recount)
    except Exception as error:
        error.add_note(which.replay)
        raise


async def _run(platform: BreakablePlatform, which: Which, recount: bool) -> Result:
    began, seed = time.monotonic(), f"{which.seed} {which.fault.name}"
    villages = await villages_of_run(platform, which.seed, NUMBERS[which.fault.name])
    work = Workload(platform, seed, villages, which.now)
    try:
        await work.start()
        await work.acknowledged(BEFORE)
        recovery_s = await _hurt(platform, work, which.fault, random.Random(seed))
        await work.acknowledged(AFTER)
        await work.finish()
        await platform.ready()
        await platform.settled(within_s=SETTLE_S)
        verdict = await judge(_access(platform), work.ledger)
        findings = verdict.findings + (await recounted(platform) if recount else [])
        if findings:
            work.ledger.write(platform.data / "logs" / f"ledger-{which.file}.jsonl")
        return _result(which, work, verdict, findings, recovery_s, time.monotonic() - began)
    finally:
        await work.close()


async def _hurt(platform: BreakablePlatform, work: Workload, fault: Fault, rng: random.Random) -> float:
    """Seconds from the end of the hurting until everything acknowledged by the end of the fault is applied."""
    await fault.hurt(platform, work, rng)
    ended_at = work.hurt_ended_at or time.monotonic()
    await platform.positions.applied_everywhere()
    return time.monotonic() - ended_at


def _result(
    which: Which, work: Workload, verdict: Verdict, findings: list[str], recovery_s: float, took_s: float
) -> Result:
    return Result(
        which, len(work.ledger), verdict.lost, verdict.double, round(recovery_s, 2), round(took_s, 2), findings
    )


def _access(platform: BreakablePlatform) -> Access:
    """The ways in that the oracle has: addresses and tokens."""

    def token(role: str, area: str) -> str:
        return platform.headers(role, area)["Authorization"]

    return Access(str(platform.client.base_url), platform.cluster.bootstrap, token)


async def recounted(platform: BreakablePlatform) -> list[str]:
    """What the independent recount has to say; empty when every number is as the archives tell."""
    code, report = await platform.recount()
    return [] if code == 0 else [f"the recount differs: {report}"]
