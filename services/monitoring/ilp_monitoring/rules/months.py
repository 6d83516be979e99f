"""Months as `YYYY-MM` text, and the age groups that follow from a month of birth."""

from datetime import date
from typing import Annotated, Final

from pydantic import Field

from ilp_shared.problems import InvalidInput
from ilp_shared.scalars import Written
from ilp_shared.text import Text

MONTH_PATTERN: Final = r"^[12][0-9]{3}-(0[1-9]|1[0-2])$"
FIRST_MONTH: Final = "2020-01"
"""The first month of which a situation may be asked for: no screening is older."""
_FORM: Final = Text("Bulan ditulis TTTT-BB, mis. 2026-11.", "A month is written YYYY-MM, e.g. 2026-11.")
_SPAN: Final = Text("Bulan harus antara {first} dan {last}.", "The month must lie between {first} and {last}.")
Month = Annotated[str, Written(MONTH_PATTERN, _FORM), Field(description="Bulan / month, YYYY-MM")]


def month_of(day: date) -> str:
    """Return the month of a day."""
    return f"{day.year:04d}-{day.month:02d}"


def months_before(month: str, count: int) -> str:
    """Return the month `count` months before (after, when negative)."""
    index = int(month[:4]) * 12 + int(month[5:7]) - 1 - count
    return f"{index // 12:04d}-{index % 12 + 1:02d}"


def asked_month(month: str | None, running: str, parameter: str) -> str:
    """Return the month that a reader asks for, by default the running one of the area.

    Raises InvalidInput for a month before `FIRST_MONTH` or later than the one after the running month.
    """
    last = months_before(running, -1)
    if month is not None and not FIRST_MONTH <= month <= last:
        message = _SPAN.format(first=FIRST_MONTH, last=last)
        raise InvalidInput.at(f"/query/{parameter}", "month_out_of_range", message)
    return month or running


def birth_range(month: str, min_months: int | None, max_months: int | None) -> tuple[str, str]:
    """Return the first and last month of birth of those aged `min_months`…`max_months` at the end of `month`.

    Age counts in whole months between month of birth and `month`; a minimum of 0 leaves out those born later. Without
    a minimum (no age group at all) the range ends with `9999-12`.
    """
    first = "0000-01" if max_months is None else months_before(month, max_months)
    last = "9999-12" if min_months is None else months_before(month, min_months)
    return first, last
