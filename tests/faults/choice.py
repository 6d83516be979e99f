"""The selection of faults for this commit, and what the run says of it."""

import os
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache

from tests.faults import change
from tests.faults.campaign import waits_of
from tests.faults.catalogue import FAULTS
from tests.faults.fault import Fault
from tests.faults.results import commits_of, load, seconds_of
from tests.faults.selection import Selection, ages, module_of, of_service, overdue, select

OLDEST = 50
"""Commits after which a fault must have been run again."""
_NAMED = 3


def seed_of(commit: str | None, environment: Mapping[str, str]) -> int:
    """Return the seed asked for, else that of the commit; 1 where there is none."""
    if given := environment.get("SEED"):
        return int(given)
    return int(commit[:7], 16) if commit else 1


def choose(environment: Mapping[str, str]) -> tuple[Selection, str]:
    """Return the faults to run, and in words what has changed."""
    seed = seed_of(change.head(), environment)
    differing = change.change()
    modules = None if differing is None else {module for path in differing.paths if (module := module_of(path))}
    if service := environment.get("SERVICE"):
        return of_service(FAULTS, f"ilp_{service.replace('-', '_')}", seed, modules), f"one fault of {service}"
    selection = select(FAULTS, modules, seconds_of(load(), waits_of(environment)), seed)
    if differing is None:
        return selection, "unknown change: git knows neither a main branch nor a commit before"
    return selection, f"{len(differing.paths)} files changed since {differing.base}"


@lru_cache(maxsize=1)
def _choice_here() -> tuple[Selection, str]:
    return choose(os.environ)


def chosen_here() -> Selection:
    """Return the selection for this commit and environment; the same in every process of the run."""
    return _choice_here()[0]


def age_of_faults(faults: Sequence[Fault] = FAULTS) -> dict[str, int | None]:
    """Return how many commits ago each fault was last run; None when it is not known."""
    return ages(faults, commits_of(load()), change.history())


def too_old(faults: Sequence[Fault]) -> list[str]:
    """Return the faults that were not run in the last commits, each with its age; none where git cannot tell."""
    return overdue(age_of_faults(faults), OLDEST) if change.reaches_back(OLDEST) else []


def report() -> Iterable[str]:
    """Yield the lines that a run says of its campaign."""
    selection, differing = _choice_here()
    yield f"campaign: {differing}; SEED={selection.seed} takes the same faults again"
    for part in ("touched", "smoke", "sample"):
        names = [fault.name for fault in getattr(selection, part)]
        yield f"campaign: {part}: {len(names)}{': ' if names else ''}{'; '.join(names)}"
    known = [age for age in age_of_faults().values() if age is not None]
    oldest = f"the oldest was run {max(known)} commits ago" if known else "none was run in a commit that git knows"
    yield f"campaign: {len(known)} of {len(FAULTS)} faults have a known run; {oldest}"
    if old := too_old(FAULTS):
        more = f"; and {len(old) - _NAMED} more" if len(old) > _NAMED else ""
        yield f"campaign: TOO OLD (not run in the last {OLDEST} commits): {'; '.join(old[:_NAMED])}{more}"
