"""One run of the campaign: a seed, a fault, a verdict. Called by the tests (fixed seed) and by `make chaos` (many).

The workload goes on from before the fault until after the recovery. Then everything must settle by itself, the
oracle must find nothing, the independent recount must be equal, and every process must be ready.
"""

import random
import time
from dataclasses import dataclass

from tests.faults.catalogue import FAULTS
from tests.faults.fault import Fault
from tests.faults.oracle import Access, Verdict, judge
from tests.faults.places import villages_of_run
from tests.faults.recovery import applied_everywhere
from tests.faults.stage import FaultStage
from tests.faults.workload import Workload

BEFORE, AFTER = 12, 8
"""Commands that must be acknowledged before the fault begins, and after it has ended."""
SETTLE_S = 180.0


@dataclass(frozen=True)
class Result:
    """What one run showed."""

    seed: int
    fault: str
    commands: int
    lost: int
    double: int
    recovery_s: float
    took_s: float
    findings: list[str]

    def told(self) -> str:
        """The findings with the command that runs exactly this again."""
        lines = [f"seed {self.seed}, fault {self.fault!r}:", *(f"  - {finding}" for finding in self.findings)]
        return "\n".join([*lines, replay_command(self.seed, self.fault)])


def replay_command(seed: int, name: str) -> str:
    """The command that runs one seed and one fault again: the same commands and choices on a platform of its own."""
    return f'make chaos SEED={seed} FAULT="{name}"'


def named(name: str) -> Fault:
    """The fault of that name; KeyError when there is none."""
    return {fault.name: fault for fault in FAULTS}[name]


async def run(stage: FaultStage, seed: int, fault: Fault, *, recount: bool = True) -> Result:
    """Hurt a running platform once, and judge what became of it; an error tells how to run it again."""
    try:
        return await _run(stage, seed, fault, recount)
    except Exception as error:
        error.add_note(replay_command(seed, fault.name))
        raise


async def _run(stage: FaultStage, seed: int, fault: Fault, recount: bool) -> Result:
    began = time.monotonic()
    villages = await villages_of_run(stage, seed, FAULTS.index(fault))
    work = Workload(stage, f"{seed} {fault.name}", villages)
    try:
        await work.start()
        await work.acknowledged(BEFORE)
        await fault.hurt(stage, work, random.Random(f"{seed} {fault.name}"))
        healed = time.monotonic()
        await applied_everywhere(stage)
        recovery_s = time.monotonic() - healed
        await work.acknowledged(AFTER)
        await work.finish()
        await stage.ready()
        await stage.settled(within_s=SETTLE_S)
        verdict = await judge(_access(stage), work.ledger)
        findings = verdict.findings + (await recounted(stage) if recount else [])
        if findings:
            work.ledger.write(stage.data / "logs" / f"ledger-{seed}-{FAULTS.index(fault)}.jsonl")
        return _result(seed, fault, work, verdict, findings, recovery_s, time.monotonic() - began)
    finally:
        await work.close()


def _result(
    seed: int, fault: Fault, work: Workload, verdict: Verdict, findings: list[str], recovery_s: float, took_s: float
) -> Result:
    return Result(
        seed,
        fault.name,
        len(work.ledger),
        verdict.lost,
        verdict.double,
        round(recovery_s, 2),
        round(took_s, 2),
        findings,
    )


def _access(stage: FaultStage) -> Access:
    """The ways in that the oracle has: addresses and tokens."""

    def token(role: str, area: str) -> str:
        return stage.headers(role, area)["Authorization"]

    return Access(str(stage.client.base_url), stage.cluster.bootstrap, token)


async def recounted(stage: FaultStage) -> list[str]:
    """What the independent recount has to say; empty when every number is as the archives tell."""
    code, report = await stage.recount()
    return [] if code == 0 else [f"the recount differs: {report}"]
