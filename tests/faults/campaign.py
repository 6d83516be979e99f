"""One run of the campaign: a seed, a fault, a verdict.

The workload goes on from before the fault until after the recovery. Then everything must settle by itself, the
oracle must find nothing, the independent recount must be equal, and every process must be ready.
"""

import asyncio
import random
import re
import time
from collections.abc import Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import datetime

from deploy.dev.config import ROOT
from tests.faults.canary import CANARY
from tests.faults.catalogue import NUMBERS
from tests.faults.fault import Fault
from tests.faults.oracle import Access, Verdict, judge
from tests.faults.places import villages_of_run
from tests.faults.platform import BreakablePlatform
from tests.faults.workload import Workload
from tests.stranger import verdict as stranger

BEFORE, AFTER = 12, 8
"""Commands that must be acknowledged before the fault begins, and after it has ended."""
SETTLE_S = 180.0
SHORTENED = 0.2
"""Share of the production waits with which campaigns run: the same behaviour, sooner."""


@dataclass(frozen=True)
class Which:
    """What makes a run what it is: the same again sends the same commands and hurts in the same way."""

    seed: int
    fault: Fault
    now: datetime
    """The moment that the workload takes for the present: its months, ages and days follow from it."""
    waits: float = SHORTENED
    """The waits of the platform, as a share of those in production."""

    @property
    def replay(self) -> str:
        """The command that runs it again, on a platform of its own."""
        now = self.now.isoformat()
        return f'make chaos SEED={self.seed} FAULT="{self.fault.name}" NOW={now} WAITS={self.waits:g}'

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

    def explained(self) -> str:
        """Return the findings with the command that runs exactly this again."""
        return "\n".join([*(f"  - {finding}" for finding in self.findings), self.which.replay])


def waits_of(environment: Mapping[str, str]) -> float:
    """Return the share of the production waits that a campaign is asked to run with."""
    return float(environment.get("WAITS") or SHORTENED)


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
        verdict = await judge(access_of(platform), work.ledger)
        findings = verdict.findings + (await recounted(platform) if recount else [])
        if findings and which.fault is not CANARY:
            work.ledger.write(platform.data / "logs" / f"ledger-{which.file}.jsonl")
        return _result(which, work, verdict, findings, recovery_s, time.monotonic() - began)
    finally:
        await work.close()


async def _hurt(platform: BreakablePlatform, work: Workload, fault: Fault, rng: random.Random) -> float:
    """Return the seconds from the end of the hurting until all that was acknowledged by then is applied."""
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


def access_of(platform: BreakablePlatform) -> Access:
    """Return the ways in that the oracle has: addresses and tokens."""

    def token(role: str, area: str) -> str:
        return platform.headers(role, area)["Authorization"]

    return Access(str(platform.client.base_url), platform.cluster.bootstrap, token)


async def recounted(platform: BreakablePlatform) -> list[str]:
    """Return what the independent recount finds; empty when every number is that of the archives."""
    code, report = await platform.recount()
    return [] if code == 0 else [f"the recount differs: {report}"]


async def counted_by_a_stranger(platform: BreakablePlatform) -> list[str]:
    """Return where a stranger, who reads Kafka and knows only descriptions, counts otherwise than readers are shown."""
    access = access_of(platform)
    token = access.token("analyst", "id").removeprefix("Bearer ")
    asyncapi = ROOT / "shared/schemas/asyncapi.yaml"
    verdict = await asyncio.to_thread(stranger.judge, access.bootstrap, asyncapi, access.address.rstrip("/"), token)
    return [] if not verdict.wrong else [f"a stranger counts otherwise: {verdict.explained()}"]
