"""Turns the subject of a request into an age, or states why that is impossible.

Exactly one of birth_date, age_days, age_months; with a birth date the day of the screening is required, it is
never guessed.
"""

from collections.abc import Mapping
from datetime import date
from typing import Final

from ilp_screening.rules.age import Age, age_between, age_from_days, age_from_months
from ilp_screening.rules.errors import InputProblem
from ilp_screening.rules.forms import Bounds
from ilp_screening.rules.models import Subject
from ilp_shared.text import Text

_ONE_AGE: Final = Text(
    "Isi tepat satu: birth_date, age_days, atau age_months.", "Give exactly one of birth_date, age_days, age_months."
)
_NO_DAY: Final = Text(
    "Tanggal skrining wajib diisi bila memakai tanggal lahir.",
    "The day of the screening is required with a birth date.",
)
_UNBORN: Final = Text(
    "Tanggal skrining mendahului tanggal lahir.", "The day of the screening is before the birth date."
)
_IMPOSSIBLE: Final = Text("Umur di luar rentang yang mungkin.", "Age outside the possible range.")


def age_of(
    subject: Subject, occurred_on: date | None, ages: Mapping[str, Bounds], days_per_month: float
) -> Age | InputProblem:
    """Return the subject's age on the day of the screening, or the fault in the request."""
    given = [name for name in ("birth_date", "age_days", "age_months") if getattr(subject, name) is not None]
    if len(given) != 1:
        return InputProblem("/subject", "one_age_expected", _ONE_AGE)
    if subject.birth_date is not None:
        return _age_by_dates(subject.birth_date, occurred_on, ages["age_days"], days_per_month)
    if subject.age_days is not None:
        return (
            age_from_days(subject.age_days, days_per_month)
            if ages["age_days"].contains(subject.age_days)
            else _impossible("age_days")
        )
    months = subject.age_months
    if months is None or not ages["age_months"].contains(months):
        return _impossible("age_months")
    return age_from_months(months, days_per_month)


def _age_by_dates(birth: date, on: date | None, possible: Bounds, days_per_month: float) -> Age | InputProblem:
    if on is None:
        return InputProblem("/occurred_on", "required", _NO_DAY)
    if on < birth:
        return InputProblem("/occurred_on", "before_birth", _UNBORN)
    if not possible.contains((on - birth).days):
        return _impossible("birth_date")
    return age_between(birth, on, days_per_month)


def _impossible(name: str) -> InputProblem:
    return InputProblem(f"/subject/{name}", "impossible_value", _IMPOSSIBLE)
