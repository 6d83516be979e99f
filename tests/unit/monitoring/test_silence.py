"""A regency is silent on a weekday from eleven o'clock of its own zone, if it sends on 19 of 20 weekdays."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from ilp_monitoring.rules.silence import is_silent

MONDAY, FRIDAY = date(2026, 11, 30), date(2026, 11, 27)
BEFORE = [day for n in range(1, 29) if (day := MONDAY - timedelta(days=n)).weekday() < 5]
"""The 20 weekdays before that Monday."""


def at(day: date, hour: int, minute: int = 0) -> datetime:
    return datetime(day.year, day.month, day.day, hour, minute, tzinfo=ZoneInfo("Asia/Jayapura"))


@pytest.mark.parametrize(
    ("sent", "now", "silent"),
    [
        (BEFORE, at(MONDAY, 11), True),
        (BEFORE, at(MONDAY, 10, 59), False),
        (BEFORE, at(MONDAY, 23, 59), True),
        ([*BEFORE, MONDAY], at(MONDAY, 11), False),
        (BEFORE[1:], at(MONDAY, 11), True),
        (BEFORE[2:], at(MONDAY, 11), False),
        ([*BEFORE[2:], MONDAY - timedelta(days=1), MONDAY - timedelta(days=2)], at(MONDAY, 11), False),
        ([day - timedelta(days=30) for day in BEFORE], at(MONDAY, 11), False),
        ([], at(MONDAY, 11), False),
        (BEFORE, at(MONDAY + timedelta(days=5), 11), False),
    ],
)
def test_who_is_silent(sent: list[date], now: datetime, silent: bool) -> None:
    assert len(BEFORE) == 20
    assert is_silent(set(sent), now) is silent
