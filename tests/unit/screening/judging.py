"""Packs as tests of the rules use them: those in force, and one pack judged alone."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from ilp_screening.packs.loader import load_library
from ilp_screening.rules.age import Age
from ilp_screening.rules.case import Case, Value
from ilp_screening.rules.contents import Pack, Packs
from ilp_screening.rules.kinds.every import JUDGES
from ilp_screening.rules.models import NotEvaluated, Result

DAY = date(2026, 11, 30)


def in_force() -> Packs:
    """Return the packs in force on a day of these tests."""
    return load_library().in_force(DAY)


def pack_of(packs: Packs, code: str) -> Pack:
    """Return a pack by its code."""
    return next(pack for pack in packs.all if pack.form.code == code)


def form_of(packs: Packs, code: str) -> Any:
    """Return the form of a pack, whatever its kind is."""
    return pack_of(packs, code).form


def judged_alone(pack: Pack, years: int, values: Mapping[str, Value], form: Any = None) -> Result | NotEvaluated:
    """Return the one answer of a pack, or of a changed form of it, to a man of an age in years."""
    case = Case("male", Age(int(years * 365.25), years * 12.0, years), DAY, values)
    used = form or pack.form
    [answer] = JUDGES[used.kind](used, pack.material, case)
    assert isinstance(answer.outcome, Result | NotEvaluated)
    return answer.outcome
