"""Processes killed at the worst places: the API around its commit, the relay after sending, consumers at theirs.

A failpoint kills the process from within, so that the place is hit every time. The supervisor starts it again with
the same failpoint, as often as it takes; the fault ends when it is started without.
"""

import random

from tests.faults.fault import Hurt, fault
from tests.faults.stage import FaultStage
from tests.faults.workload import Workload
from tests.support.waiting import eventually

SOON_S = 60.0


def dies_at(process: str, failpoint: str, hits: tuple[int, int]) -> Hurt:
    """A fault: the process is killed from within when it comes to the failpoint for the n-th time."""

    async def hurt(stage: FaultStage, work: Workload, rng: random.Random) -> None:
        await stage.restart_with(process, {"ILP_FAILPOINT": f"{failpoint}:kill:{rng.randint(*hits)}"})
        armed = stage.pid_of(process)

        async def died() -> bool:
            return stage.pid_of(process) != armed

        await eventually(died, within_s=SOON_S)
        await stage.restart_with(process)

    return hurt


for place in ("before_commit", "after_commit"):
    said = place.replace("_", " its ")
    fault(f"screening API killed {said} of single screenings", group="process")(
        dies_at("screening-api", f"group.{place}", (2, 8))
    )
    fault(f"screening API killed {said} of a correction or void", group="process")(
        dies_at("screening-api", f"uow.{place}", (1, 3))
    )
