"""Age in days, months and years.

Whole days between dates; a month is the catalog's 30.4375 days; months given directly become days rounded half
up (WHO anthro `age_to_days`).
"""

from dataclasses import dataclass
from datetime import date
from math import floor

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
