"""Turns the subject of a request into an age, or says why that cannot be done.

Exactly one of birth_date, age_days, age_months; with a birth date the day of the screening is required, it is
never guessed. Called by `rules.engine.evaluate`.
"""

from collections.abc import Mapping
from datetime import date

from ilp_screening.packs.models import Bounds
from ilp_screening.rules.errors import InputProblem
from ilp_screening.rules.growth.age import Age, age_between, age_from_days, age_from_months
from ilp_screening.rules.models import Subject


def age_of(
    subject: Subject, occurred_on: date | None, ages: Mapping[str, Bounds], days_per_month: float
) -> Age | InputProblem:
    """The subject's age on the day of the screening, or the fault in the request."""
    given = [name for name in ("birth_date", "age_days", "age_months") if getattr(subject, name) is not None]
    if len(given) != 1:
        return InputProblem(
            "/subject",
            "one_age_expected",
            "Isi tepat satu: birth_date, age_days, atau age_months.",
            "Give exactly one of birth_date, age_days, age_months.",
        )
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
        return InputProblem(
            "/occurred_on",
            "required",
            "Tanggal skrining wajib diisi bila memakai tanggal lahir.",
            "The day of the screening is required with a birth date.",
        )
    if on < birth:
        return InputProblem(
            "/occurred_on",
            "before_birth",
            "Tanggal skrining mendahului tanggal lahir.",
            "The day of the screening is before the birth date.",
        )
    if not possible.contains((on - birth).days):
        return _impossible("birth_date")
    return age_between(birth, on, days_per_month)


def _impossible(name: str) -> InputProblem:
    return InputProblem(
        f"/subject/{name}",
        "impossible_value",
        "Umur di luar rentang yang mungkin.",
        "Age outside the possible range.",
    )
