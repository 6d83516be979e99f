"""Which faults a run of `make test` takes: the smoke of each group, those that a change touches, and a random sample.

Pure: the same faults, change, durations and seed give the same selection. What changed and which commit this is comes
from `change.py`.
"""

import random
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from tests.faults.fault import Fault

BUDGET_S, PLATFORMS, START_S = 150.0, 1, 60.0
"""Seconds of the whole campaign, how many platforms share the list, and until they run.

An idle platform with three brokers takes most of a core at a fifth of the waits: two of them would hold each other up.
"""
UNKNOWN_S = 20.0
"""What a fault is expected to take that has no record yet."""
PREFIX = "ilp_"
DEPENDENCIES = ("deploy.requirements", "deploy.dev.kafka_jars", "deploy.dev.postgres_binaries")
"""Lock files, and what gets Kafka and PostgreSQL: a change brings other code of others into every process."""


@dataclass(frozen=True)
class Selection:
    """The faults of one run, each in the first part that wants it."""

    seed: int
    smoke: Sequence[Fault]
    touched: Sequence[Fault]
    sample: Sequence[Fault]

    @property
    def faults(self) -> list[Fault]:
        """All of them, those that a change touches first."""
        return [*self.touched, *self.smoke, *self.sample]


def module_of(path: str) -> str | None:
    """Return the module in a file of the repository; None for a file that is none.

    Data beside modules count as a module of their own: who reads them is not known.
    """
    parts = path.split("/")
    roots = {"services": 2, "shared": 1, "deploy": 0, "tests": 0}
    if parts[0] not in roots:
        return None
    named = parts[roots[parts[0]] :]
    if not named or (parts[0] in ("services", "shared") and not named[0].startswith(PREFIX)):
        return None
    named[-1] = named[-1].partition(".")[0]
    return ".".join(named[:-1] if named[-1] == "__init__" else named)


def is_touched(fault: Fault, modules: Collection[str]) -> bool:
    """Tell whether a change of these modules concerns a fault: what recovers from it, or its own module.

    A change of what all processes depend on concerns the smoke of each group.
    """
    prefixes = (*fault.touches, fault.module, *(DEPENDENCIES if fault.smoke else ()))
    return any(_is_below(module, prefix) for module in modules for prefix in prefixes)


def _is_below(module: str, prefix: str) -> bool:
    return module == prefix or module.startswith(f"{prefix}.")


def sampled(faults: Sequence[Fault], seconds: Mapping[str, float], budget_s: float, rng: random.Random) -> list[Fault]:
    """Draw faults by weight, each once, as long as they fit into the budget."""
    order = sorted(faults, key=lambda fault: rng.random() ** (1 / fault.weight), reverse=True)
    drawn = []
    for fault in order:
        needed_s = seconds.get(fault.name, UNKNOWN_S)
        if needed_s <= budget_s:
            drawn.append(fault)
            budget_s -= needed_s
    return drawn


def select(
    faults: Sequence[Fault], modules: Collection[str] | None, seconds: Mapping[str, float], seed: int
) -> Selection:
    """Return what a run takes; `modules` are those that changed, None when that is not known."""
    touched_faults = [fault for fault in faults if modules and is_touched(fault, modules)]
    smoke = [fault for fault in faults if fault.smoke and fault not in touched_faults]
    certain = [*touched_faults, *smoke]
    left_s = PLATFORMS * (BUDGET_S - START_S) - sum(seconds.get(fault.name, UNKNOWN_S) for fault in certain)
    others = [fault for fault in faults if fault not in certain]
    return Selection(seed, smoke, touched_faults, sampled(others, seconds, left_s, random.Random(f"sample {seed}")))


def of_service(faults: Sequence[Fault], service: str, seed: int, modules: Collection[str] | None = None) -> Selection:
    """Return one fault that concerns a service, by the name of its package; a smoke where there is one.

    `modules` are those that changed: with other dependencies, the smoke of each group runs too.
    """
    depends = {module for module in modules or () if any(_is_below(module, each) for each in DEPENDENCIES)}
    touched_faults = [fault for fault in faults if is_touched(fault, depends)]
    concerned = [fault for fault in faults if any(_is_below(prefix, service) for prefix in fault.touches)]
    order = sorted(concerned, key=lambda fault: not fault.smoke)
    return Selection(seed, [fault for fault in order[:1] if fault not in touched_faults], touched_faults, [])


def ages(faults: Sequence[Fault], runs: Mapping[str, Collection[str]], history: Sequence[str]) -> dict[str, int | None]:
    """Return for each fault how many commits ago it was last run; None when in none of the commits known.

    `runs` are the commits of each fault's runs, `history` all commits from the newest on.
    """
    at = {commit: age for age, commit in enumerate(history)}
    return {
        fault.name: min((at[commit] for commit in runs.get(fault.name, ()) if commit in at), default=None)
        for fault in faults
    }


def overdue(ages: Mapping[str, int | None], oldest: int) -> list[str]:
    """Return the faults whose last run is more commits ago than that, or is not known, each with its age."""
    return [
        f"{name}: {'no run is known' if age is None else f'{age} commits ago'}"
        for name, age in ages.items()
        if age is None or age > oldest
    ]
