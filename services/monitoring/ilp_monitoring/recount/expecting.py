"""What readers must be given, from the counted numbers: denominators, percentages, states, units, participation.

Written from the wording of the definitions and of the interface.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from decimal import ROUND_HALF_UP, Decimal
from itertools import accumulate
from typing import Any

from ilp_monitoring.recount.counting import ADULT_FROM_MONTHS, CHILD_UNTIL_MONTHS, Numbers, levels, months_before

Fields = dict[str, Any]
Row = tuple[str, ...]
Place = tuple[str, str]
"""Area and period."""

_DIVIDES_BY = {
    "D_S": "under_five",
    "STUNTING": "measured",
    "BP_ADULT": "adult",
    "TB_SUSPECT": "screened",
    "FOLLOW_UP_OPEN": "opened",
}
_GROUPS = ("under_five", "adult", "everyone")
_YEARLY = "BP_ADULT"
_IN_PERSONS = "TB_SUSPECT"
_FIRST_EVER = "0000-01"


class Expecting:
    """The counted numbers of all tables, and what follows from them for readers."""

    def __init__(self, tables: dict[str, Numbers], regencies: set[str], arrivals: Numbers) -> None:
        self._cells, self._completeness = tables["cell"], tables["completeness"]
        self._sizes, self._posyandu, self._regencies = tables["sasaran"], tables["posyandu_count"], regencies
        self._arrivals = _arrivals(arrivals)
        self._firsts = tables["first_in_year"]
        self._tasks = _tasks(tables["task_count"])
        self._today = datetime.now(timezone(timedelta(hours=7))).date().isoformat()
        self._births = _births(tables["population"])
        self.periods = sorted(
            {period for (_, period, _), numbers in self._cells.items() if any(numbers)}
            | {period for (period, _), numbers in self._completeness.items() if any(numbers)}
        )
        self.areas = sorted(
            {area for (_, _, area), numbers in self._cells.items() if any(numbers)}
            | {area for (_, area), numbers in self._completeness.items() if any(numbers)}
            | self._tasks.keys()
            | {area for (area, _, _), numbers in self._firsts.items() if any(numbers)}
            | self._births.keys()
            | {area for (area,), numbers in self._posyandu.items() if any(numbers)}
        )

    def rows(self) -> Iterator[Row]:
        """Yield (list, area, period, indicator where it has one) of everything that must be shown."""
        yield from (("arrivals", area) for area in self._arrivals)
        for period in self.periods:
            for area in self.areas:
                yield "situations", area, period
                yield from (("situations", area, period, indicator) for indicator in _DIVIDES_BY)
            for area in {"id", *(regency[:2] for regency in self._regencies)}:
                yield "participation", area, period
        for (indicator, period, area), numbers in self._cells.items():
            if any(numbers):
                yield "cells", area, period, indicator

    def fields(self, row: Row) -> Fields:
        """Return field → value of one of the rows."""
        if row[0] == "arrivals":
            return {"last": self._arrivals[row[1]]}
        if row[0] == "participation":
            return self._participation(row[1], row[2])
        if row[0] == "cells":
            return self._cell((row[1], row[2]), row[3])
        return self._indicator((row[1], row[2]), row[3]) if len(row) > 3 else self._area((row[1], row[2]))

    def _units(self, place: Place) -> Fields:
        area, period = place
        opened, reported = self._completeness.get((period, area), (0, 0))
        return {"registered": self._posyandu.get((area,), [0])[0], "opened": opened, "reported": reported}

    def _area(self, place: Place) -> Fields:
        units = self._units(place)
        return {
            "units": units,
            "completeness": {"reported": units["reported"], "expected": units["opened"]},
            "persons": {
                "registered": self._registered(place, "everyone"),
                "projected": self._projected(place[0], "everyone"),
            },
        }

    def _registered(self, place: Place, group: str) -> int:
        """People registered today in an area who were of a group's age at the end of the month: born by then."""
        area, period = place
        first, last = _FIRST_EVER, period
        if group == "under_five":
            first = months_before(period, CHILD_UNTIL_MONTHS)
        if group == "adult":
            last = months_before(period, ADULT_FROM_MONTHS)
        months, sums = self._births.get(area, ([], [0]))
        return sums[bisect_right(months, last)] - sums[bisect_left(months, first)] if first <= last else 0

    def _projected(self, area: str, group: str) -> int | None:
        size = self._sizes.get((area, group))
        return size[0] if size else None

    def _denominators(self, place: Place, indicator: str) -> dict[str, int | None]:
        divides_by = _DIVIDES_BY[indicator]
        if divides_by in _GROUPS:
            return {
                "projected": self._projected(place[0], divides_by),
                "real": self._registered(place, divides_by),
            }
        return {divides_by: self._counted(place, indicator)[1]}

    def _counted(self, place: Place, indicator: str) -> tuple[int, int]:
        area, period = place
        numerator, denominator = self._cells.get((indicator, period, area), (0, 0))
        return numerator, denominator

    def _indicator(self, place: Place, indicator: str) -> Fields:
        units = self._units(place)
        return {
            "numerator": self._counted(place, indicator)[0],
            "denominators": self._denominators(place, indicator),
            "completeness": {"reported": units["reported"], "expected": units["opened"]},
            "follow_ups": self._follow_ups(place) if indicator == "FOLLOW_UP_OPEN" else None,
            **{choice: self._with_previous(place, indicator, choice) for choice in ("projected", "real")},
        }

    def _with_previous(self, place: Place, indicator: str, choice: str) -> Fields:
        numbers = self._pair(place, indicator, choice, yearly=False)
        year = self._pair(place, indicator, choice, yearly=True) if indicator == _YEARLY else None
        denominators = self._denominators(place, indicator)
        numbers["denominator_kind"] = choice if choice in denominators else next(iter(denominators))
        del numbers["numerator"]
        if year is not None:
            del year["denominator"]
            if place[1].endswith("-01"):
                year["previous"]["comparable"] = False
        return {**numbers, "year": year}

    def _pair(self, place: Place, indicator: str, choice: str, *, yearly: bool) -> Fields:
        """Return the numbers of a month, and beside them those of the month before."""
        before = place[0], months_before(place[1], 1)
        now, then = (self._judged(one, indicator, choice, yearly=yearly) for one in (place, before))
        both = (self._units(place), now["denominator"]), (self._units(before), then["denominator"])
        comparable = all(_comparable(units, size) for units, size in both)
        return {
            **now,
            "previous": {**then, "period": before[1], "units": self._units(before), "comparable": comparable},
        }

    def _follow_ups(self, place: Place) -> Fields:
        """Tasks opened by the end of the month: those done, those whose day has not passed, those whose day has."""
        area, last = place
        tasks = [(due, pair) for month, due, pair in self._tasks.get(area, []) if month <= last]
        returned = sum(done for _, (_, done) in tasks)
        overdue = sum(is_open for due, (is_open, _) in tasks if due < self._today)
        waiting = sum(is_open for due, (is_open, _) in tasks if due >= self._today)
        opened = returned + overdue + waiting
        units = self._units(place)
        state = self._state(overdue, opened, opened, units)
        return {
            "opened": opened,
            "returned": returned,
            "waiting": waiting,
            "overdue": overdue,
            "state": state,
            "value": percent(overdue, opened) if opened and state in ("partial", "reported") else None,
        }

    @staticmethod
    def _state(numerator: int, denominator: int | None, counted: int, units: Fields) -> str:
        if not (numerator or counted or units["reported"]):
            return "not_reported"
        if not denominator:
            return "no_denominator"
        whole = units["reported"] and units["reported"] >= units["registered"] and units["reported"] >= units["opened"]
        return "reported" if whole else "partial"

    def _so_far(self, place: Place, indicator: str) -> int:
        """Persons counted from January to the month, each once."""
        area, last = place
        months = (f"{last[:4]}-{month:02d}" for month in range(1, int(last[5:]) + 1))
        return sum(self._firsts.get((area, month, indicator), [0])[0] for month in months)

    def _judged(self, place: Place, indicator: str, choice: str, *, yearly: bool) -> Fields:
        """Return numerator, denominator, value, state."""
        denominators, units = self._denominators(place, indicator), self._units(place)
        kind = choice if choice in denominators else next(iter(denominators))
        numerator, counted = self._counted(place, indicator)
        if yearly:
            numerator = self._so_far(place, indicator)
        denominator = denominators[kind]
        state = self._state(numerator, denominator, counted, units)
        value = None
        if denominator and state in ("partial", "reported"):
            value = float(numerator) if indicator == _IN_PERSONS else percent(numerator, denominator)
        return {"numerator": numerator, "denominator": denominator, "value": value, "state": state}

    def _cell(self, place: Place, indicator: str) -> Fields:
        units = self._units(place)
        return {
            "numerator": self._counted(place, indicator)[0],
            "denominators": self._denominators(place, indicator),
            "reported": units["reported"],
            "expected": units["opened"],
            "registered": units["registered"],
        }

    def _participation(self, area: str, period: str) -> Fields:
        regencies = [code for code in sorted(self._regencies) if area in levels(code)]
        reporting = [code for code in regencies if self._units((code, period))["reported"]]
        below = [[code[:2] if area == "id" else code for code in codes] for codes in (regencies, reporting)]
        sizes = {code: self._projected(code, "everyone") for code in regencies}
        published = [size for size in sizes.values() if size is not None]
        mean = sum(published) // len(published) if published else 0
        everyone, reached = (
            sum(mean if (size := sizes[code]) is None else size for code in codes) for codes in (regencies, reporting)
        )
        projected: dict[str, int] = {}
        for code in reporting:
            for group in _GROUPS:
                size = self._projected(code, group)
                if size is not None:
                    projected[group] = projected.get(group, 0) + size
        return {
            "areas": len(set(below[0])),
            "taking_part": len(set(below[1])),
            "population_percent": percent(reached, everyone) if everyone else None,
            "projected": projected,
        }


def _arrivals(numbers: Numbers) -> dict[str, list[list[str | int]]]:
    """Return area → [minute, facility, screenings with a weight, others], newest first."""
    arrivals: dict[str, list[list[str | int]]] = {}
    for (area, minute, facility), pair in sorted(numbers.items(), reverse=True):
        arrivals.setdefault(area, []).append([minute, facility, *pair])
    return arrivals


def percent(numerator: int, denominator: int) -> float:
    """Return a percentage rounded to two decimals, half up."""
    return float((Decimal(100 * numerator) / denominator).quantize(Decimal("0.01"), ROUND_HALF_UP))


def _comparable(units: Fields, denominator: int | None) -> bool:
    """In both months 80 % of the registered posyandu reported, and there are at least 30 to divide by."""
    enough = units["registered"] > 0 and 5 * units["reported"] >= 4 * units["registered"]
    return enough and (denominator or 0) >= 30


def _tasks(counted: Numbers) -> dict[str, list[tuple[str, str, tuple[int, int]]]]:
    """Return area → (month opened, day due, (open, done))."""
    tasks: dict[str, list[tuple[str, str, tuple[int, int]]]] = {}
    for (area, month, due), (is_open, done) in counted.items():
        tasks.setdefault(area, []).append((month, due, (is_open, done)))
    return tasks


def _births(residents: Numbers) -> dict[str, tuple[list[str], list[int]]]:
    """Return area → months of birth in order, and how many were born before each of them (and in all)."""
    by_area: dict[str, dict[str, int]] = {}
    for (area, month, _), (n,) in residents.items():
        if n:
            months = by_area.setdefault(area, {})
            months[month] = months.get(month, 0) + n
    births = {}
    for area, months in by_area.items():
        ordered = sorted(months)
        births[area] = ordered, [0, *accumulate(months[month] for month in ordered)]
    return births
