"""The list of faults. Whoever adds one writes a function with this decorator, and nothing else:

    @fault("the whole topic is published twice", group="broker")
    async def published_twice(platform: BreakablePlatform, work: Workload, rng: random.Random) -> None:
        ...

The function hurts the platform while the workload runs, and ends with the hurting undone: a frozen process thawed,
a proxy healed, a killed server started. It does not help the platform beyond that. It proves that the hurting took
place (a process has another pid, a record stands twice), else the run would show nothing, and may prove what belongs
to this fault alone. A fault that goes on waiting for the platform after the hurting says `work.hurt_ended()` first: the
time to recovery begins there. That time, the oracle and the recount are the campaign's (`campaign.py`).
"""

import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Literal

from tests.faults.platform import BreakablePlatform
from tests.faults.workload import Workload

Group = Literal["process", "client", "broker", "database", "network", "clock", "idempotency"]
Hurt = Callable[[BreakablePlatform, Workload, random.Random], Awaitable[None]]


@dataclass(frozen=True)
class Fault:
    """One way to hurt the platform; `name` is a few words, and the name of its runs."""

    name: str
    group: Group
    hurt: Hurt


class CannotRun(Exception):  # noqa: N818 - a state of the machine, not a fault of the platform
    """This machine does not allow the fault; the text says why, and whoever runs faults shows it."""


FAULTS: list[Fault] = []
"""Every fault, in the order in which `catalogue.py` imports their modules."""


def fault(name: str, *, group: Group) -> Callable[[Hurt], Hurt]:
    """Put the function on the list."""

    def enlist(hurt: Hurt) -> Hurt:
        assert name not in {known.name for known in FAULTS}, f"two faults are called {name!r}"
        FAULTS.append(Fault(name, group, hurt))
        return hurt

    return enlist
