"""The changes that no test can notice, each with its reason: read from `survivors.yaml`, written by people."""

from collections.abc import Sequence
from pathlib import Path

import yaml

from tests.mutants.arithmetic import Survivor

_FILE = Path(__file__).with_name("survivors.yaml")


def reasons() -> dict[Survivor, str]:
    """Return why each known survivor survives; raises ValueError for one that is told twice."""
    told: dict[Survivor, str] = {}
    for entry in yaml.safe_load(_FILE.read_text(encoding="utf-8")):
        survivor = Survivor(entry["function"], entry["was"], entry["became"])
        if survivor in told:
            raise ValueError(f"told twice: {survivor}")
        told[survivor] = entry["why"]
    return told


def unexplained(survivors: Sequence[Survivor]) -> list[Survivor]:
    """Return those without a reason: a test is missing, or the reason is."""
    known = reasons()
    return [survivor for survivor in survivors if survivor not in known]
