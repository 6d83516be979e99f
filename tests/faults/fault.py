"""The list of faults. To add one, write a function with this decorator in a module that `catalogue.py` names:

    @fault("the whole topic is published twice", group="broker", touches=CONSUMER)
    async def published_twice(platform: BreakablePlatform, work: Workload, rng: random.Random) -> None:
        ...

The function breaks the platform while the workload runs, and ends with the breaking undone: a frozen process resumed,
a proxy healed, a killed server started. It does not help the platform beyond that. It proves that the platform was
broken (a process has another pid, a record is there twice), else the run would show nothing, and may prove what belongs
to this fault alone. A fault that goes on waiting for the platform afterwards says `work.hurt_ended()` first: the time
to recovery begins there. That time, the oracle and the recount are the campaign's (`campaign.py`).

`touches` names the modules whose change makes the fault run in `make test`: those that recover from it. One fault of
each group is its `smoke`, which runs every time.
"""

import random
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from tests.faults.platform import BreakablePlatform
from tests.faults.workload import Workload

Group = Literal["process", "client", "broker", "database", "network", "clock", "idempotency"]
Hurt = Callable[[BreakablePlatform, Workload, random.Random], Awaitable[None]]

COMMANDS = ("ilp_shared.write", "ilp_shared.http", "ilp_shared.bus.archive")
"""How a command becomes state and event at once."""
RELAY = ("ilp_shared.bus.relay", "ilp_shared.bus.archive", "ilp_shared.bus.kafka", "ilp_shared.bus.cluster")
"""How the archive gets to Kafka."""
CONSUMER = (
    *("ilp_shared.bus.consume", "ilp_shared.bus.contract.envelope", "ilp_shared.bus.kafka", "ilp_shared.bus.cluster"),
    "ilp_shared.worker",
)
"""How events become effects once."""
DATABASE = ("ilp_shared.db", "ilp_shared.http.deadline", "ilp_shared.worker")
"""How a service waits for its database, and for how long."""
KEYS = ("ilp_shared.write.keys", "ilp_shared.http.submissions", "ilp_shared.write.group_commit")
"""How a repeated command is recognised."""
RECOVERY = ("ilp_shared.operations", "ilp_shared.bus.relay.log_check", "ilp_shared.bus.consume.positions")
"""The way back after a restore."""
LIVE = ("ilp_monitoring.live", "deploy.dev.front_door")
"""How a change reaches an open page."""


@dataclass(frozen=True)
class Fault:
    """One way to break the platform; `name` is a few words, and the name of its runs."""

    name: str
    group: Group
    hurt: Hurt
    touches: Sequence[str]
    """Prefixes of modules."""
    smoke: bool = False
    """It runs every time, for its group."""
    weight: float = 1.0
    """How likely a sample takes it, beside the others."""

    @property
    def module(self) -> str:
        """The module of the fault's own function."""
        return self.hurt.__module__


class CannotRun(Exception):  # noqa: N818 - a state of the machine, not a fault of the platform
    """This machine does not allow the fault; the text says why."""


FAULTS: list[Fault] = []
"""Every fault, in the order in which `catalogue.py` imports their modules."""


def fault(
    name: str, *, group: Group, touches: Sequence[str], smoke: bool = False, weight: float = 1.0
) -> Callable[[Hurt], Hurt]:
    """Put the function on the list."""

    def enlist(hurt: Hurt) -> Hurt:
        assert name not in {known.name for known in FAULTS}, f"two faults are called {name!r}"
        FAULTS.append(Fault(name, group, hurt, touches, smoke, weight))
        return hurt

    return enlist
