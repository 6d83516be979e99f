"""The packs in force, and the WHO table read a second time without the loader, for all screening rule tests."""

import csv
import gzip
from collections.abc import Callable, Mapping
from datetime import date
from importlib.resources import files

import pytest

from ilp_screening.rules.contents import Packs
from ilp_screening.rules.engine import evaluate
from ilp_screening.rules.models import Evaluation, Subject
from tests.unit.screening.judging import in_force

WhoRows = Mapping[tuple[str, str, str], list[tuple[float, float, float, float]]]
Evaluate = Callable[..., Evaluation]


@pytest.fixture(scope="session")
def packs() -> Packs:
    return in_force()


@pytest.fixture(scope="session")
def who_rows() -> WhoRows:
    """Return rows (x, L, M, S) as printed by (standard, indicator, sex M/F)."""
    path = files("ilp_screening.packs") / "growth" / "who_growth_lms.csv.gz"
    rows: dict[tuple[str, str, str], list[tuple[float, float, float, float]]] = {}
    for row in csv.reader(gzip.decompress(path.read_bytes()).decode().splitlines()[1:]):
        standard, indicator, sex, x, _, power, median, spread, _ = row
        rows.setdefault((standard, indicator, sex), []).append((float(x), float(power), float(median), float(spread)))
    return rows


@pytest.fixture(scope="session")
def judge(packs: Packs) -> Evaluate:
    """Return `evaluate` with the subject given as keywords."""

    def run(observations: Mapping[str, object], occurred_on: date | None = None, **subject: object) -> Evaluation:
        return evaluate(packs, Subject.model_validate(subject), occurred_on, observations)

    return run
