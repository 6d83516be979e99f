"""Age as the growth standards count it, and the length/height convention around 24 months.

Whole days between dates; a month is the pack's 30.4375 days; months given directly become days rounded half
up (WHO anthro `age_to_days`).
"""

from dataclasses import dataclass
from datetime import date
from math import floor
from typing import Literal

from ilp_screening.rules.pack_forms import PosturePolicy

MONTHS_PER_YEAR = 12


@dataclass(frozen=True, slots=True)
class Age:
    """Age in whole days, in exact months and in completed years."""

    days: int
    months: float
    years: int


def age_between(birth: date, on: date, days_per_month: float) -> Age:
    """Return the age on a day for a birth date; years are calendar years (29 February counts from 1 March)."""
    days = (on - birth).days
    years = on.year - birth.year - ((on.month, on.day) < (birth.month, birth.day))
    return Age(days, days / days_per_month, years)


def age_from_days(days: float, days_per_month: float) -> Age:
    """Return the age from days, rounded half up; completed years are months / 12."""
    months = days / days_per_month
    return Age(floor(days + 0.5), months, int(months // MONTHS_PER_YEAR))


def age_from_months(months: float, days_per_month: float) -> Age:
    """Return the age from months; days are rounded half up, the months are kept as given."""
    return Age(floor(months * days_per_month + 0.5), months, int(months // MONTHS_PER_YEAR))


@dataclass(frozen=True, slots=True)
class Stature:
    """Length or height (cm) in the posture of the age's standard, and the correction of the measured one."""

    cm: float
    correction: Literal["none", "standing_to_length", "lying_to_height", "standing_ignored"]


def stature(measured_cm: float, posture: str | None, age: Age, policy: PosturePolicy) -> Stature:
    """Return the measured stature in the posture of the age; an unknown posture is taken as the right one."""
    if age.days < policy.border_days:
        if posture != "standing":
            return Stature(measured_cm, "none")
        if age.months < policy.standing_ignored_below_months:
            return Stature(measured_cm, "standing_ignored")
        return Stature(measured_cm + policy.correction_cm, "standing_to_length")
    if posture == "lying":
        return Stature(measured_cm - policy.correction_cm, "lying_to_height")
    return Stature(measured_cm, "none")
