"""Every incident, in the order in which they happen on one platform, and the pages that none executes."""

import re

from deploy.dev.config import ROOT
from tests.runbooks import (
    database_gone,
    database_sessions,
    doubtful_events,
    filling_disk,
    neglected_upkeep,
    parked_events,
    refusing_kafka,
    silent_regency,
    wrong_numbers,
)
from tests.runbooks.scenario import INCIDENTS

MODULES = (
    parked_events,
    database_sessions,
    refusing_kafka,
    database_gone,
    doubtful_events,
    wrong_numbers,
    neglected_upkeep,
    silent_regency,
    filling_disk,
)
"""Their import puts their incidents on the list."""
UNBROKEN = [each for each in INCIDENTS if each.unbroken]
BREAKING = [each for each in INCIDENTS if not each.unbroken]
_ROW = re.compile(r"^\| `(Ilp\w+)` \| (.+) \|$", re.M)


def not_executed() -> dict[str, str]:
    """Return why pages are not executed, as the table in tests/README.md says it."""
    text = (ROOT / "tests" / "README.md").read_text(encoding="utf-8")
    (section,) = re.findall(r"^## Runbooks\n(.*?)(?=^## )", text, re.M | re.S)
    return dict(_ROW.findall(section))
