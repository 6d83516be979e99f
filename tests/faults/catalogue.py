"""The whole list of faults: imports every module that adds to it; a new module is named here.

Each fault has a number out of its name, which says where its runs work (`places.py`). Two names may ask for the same
one: the later on the list then takes another, so a new fault leaves the numbers of nearly all others as they are.
"""

import random
from collections.abc import Iterable

from tests.faults import (
    api_faults,
    broker_faults,
    broker_line_faults,
    client_faults,
    clock_faults,
    consumer_faults,
    database_faults,
    database_line_faults,
    disk_faults,
    idempotency_faults,
    relay_faults,
    restore_faults,
    screen_faults,
)
from tests.faults.canary import CANARY
from tests.faults.fault import FAULTS, Fault
from tests.faults.places import PLACES

__all__ = [
    "CANARY",
    "FAULTS",
    "NUMBERS",
    "api_faults",
    "broker_faults",
    "broker_line_faults",
    "client_faults",
    "clock_faults",
    "consumer_faults",
    "database_faults",
    "database_line_faults",
    "disk_faults",
    "idempotency_faults",
    "named",
    "numbered",
    "relay_faults",
    "restore_faults",
    "screen_faults",
]


def numbered(names: Iterable[str]) -> dict[str, int]:
    """Return a number below PLACES for each name, and for no other; the same in every process."""
    numbers: dict[str, int] = {}
    for name in names:
        rng = random.Random(name)
        number = rng.randrange(PLACES)
        while number in numbers.values():
            number = rng.randrange(PLACES)
        numbers[name] = number
    return numbers


NUMBERS = numbered(fault.name for fault in (*FAULTS, CANARY))
assert len(set(NUMBERS.values())) == len(FAULTS) + 1


def named(name: str) -> Fault:
    """Return the fault of that name, the canary among them; raises KeyError."""
    return {fault.name: fault for fault in (*FAULTS, CANARY)}[name]
