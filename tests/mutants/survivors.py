"""The changes that no test can notice, each with its reason: from `survivors.yaml`, written by people."""

import re
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import yaml

from tests.mutants.arithmetic import Survivor

_FILE = Path(__file__).with_name("survivors.yaml")
_STATEMENT = re.compile(r"\"(SELECT|INSERT|UPDATE|DELETE|LOCK) ", re.IGNORECASE)
_SAME_STATEMENT = "Equivalent. PostgreSQL folds the letters of keywords and unquoted names."


@cache
def _reasons() -> dict[Survivor, str]:
    reasons: dict[Survivor, str] = {}
    for entry in yaml.safe_load(_FILE.read_text(encoding="utf-8")):
        survivor = Survivor(entry["function"], entry["was"], entry["became"])
        if survivor in reasons:
            raise ValueError(f"listed twice: {survivor}")
        reasons[survivor] = entry["why"]
    return reasons


def why(survivor: Survivor) -> str | None:
    """Return why no test notices a change; None if there is no reason: then a test is missing, or the reason is."""
    if _STATEMENT.search(survivor.was) and survivor.was.lower() == survivor.became.lower():
        return _SAME_STATEMENT
    return _reasons().get(survivor)


def needless(survivors: Sequence[Survivor]) -> list[Survivor]:
    """Return the changes with a reason that did not survive: their reasons can go."""
    return sorted(_reasons().keys() - set(survivors), key=lambda one: one.function)
