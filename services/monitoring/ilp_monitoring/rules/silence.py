"""When a regency is silent: it sends on nearly every weekday, and nothing has come today. Pure.

Public holidays are not known here: those of the whole country silence many regencies at once.
"""

from collections.abc import Collection, Iterator
from datetime import date, datetime, time, timedelta
from itertools import islice
from typing import Final

WEEKDAYS: Final = 20
"""How many weekdays before today are looked at."""
SENT_AT_LEAST: Final = 19
"""Of them, days with a record: 95 %."""
UNTIL: Final = time(11)
"""Local time by which something has come on a normal day."""
_SATURDAY: Final = 5


def is_silent(sent: Collection[date], now: datetime) -> bool:
    """Tell whether a regency that sent on these days is silent; `now` is in its own time zone."""
    today = now.date()
    if today.weekday() >= _SATURDAY or now.time() < UNTIL or today in sent:
        return False
    return sum(day in sent for day in islice(_weekdays_before(today), WEEKDAYS)) >= SENT_AT_LEAST


def _weekdays_before(day: date) -> Iterator[date]:
    while True:
        day -= timedelta(days=1)
        if day.weekday() < _SATURDAY:
            yield day
