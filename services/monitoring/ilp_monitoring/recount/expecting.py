"""The numbers that readers must be given, from the counted ones: denominators, percentages, states, participation.

Written from the wording of the definitions and of the interface.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from decimal import ROUND_HALF_UP, Decimal
from itertools import accumulate
from typing import Any

from ilp_monitoring.recount.counting import ADULT_FROM_MONTHS, CHILD_UNTIL_MONTHS, MOST_NAMED, Numbers, months_before

Fields = dict[str, Any]
Place = tuple[str, str]
"""Area and period."""

_VERSION = "2026.2"
_DIVIDES_BY = {
    "D_S": "under_five",
    "STUNTING": "measured",
    "BP_ADULT": "adult",
    "TB_SUSPECT": "screened",
    "FOLLOW_UP_OPEN": "opened",
}
"""All indicators, in the order in which they are shown."""
_BREAKS = {
    "D_S": (50, 65, 80, 90),
    "STUNTING": (2.5, 10, 20, 30),
    "BP_ADULT": (25, 50, 75, 90),
    "TB_SUSPECT": (1, 2, 4, 8),
    "FOLLOW_UP_OPEN": (10, 25, 50, 75),
}
_TARGETS = {"D_S": 80, "BP_ADULT": 100}
_GROUPS = ("under_five", "adult", "everyone")
_YEARLY = "BP_ADULT"
_IN_PERSONS = "TB_SUSPECT"
_IN_TASKS = "FOLLOW_UP_OPEN"
_TASKS = ("opened", "returned", "waiting", "overdue")
_FIRST_EVER = "0000-01"


class Expecting:
    """What follows for readers from the counted tables; `regencies` by the area above, `day` is today, `YYYY-MM-DD`."""

    def __init__(self, tables: dict[str, Numbers], regencies: Mapping[str, list[str]], day: str) -> None:
        self._cells, self._completeness = tables["cell"], tables["completeness"]
        self._sizes, self._posyandu, self._regencies = tables["sasaran"], tables["posyandu_count"], regencies
        self._firsts = tables["first_in_year"]
        self._tasks = _tasks(tables["task_count"])
        self._today = day
        self._births = _births(tables["population"])
        self.cells = [key for key, numbers in self._cells.items() if any(numbers)]
        """(indicator, period, area) of every cell that is shown."""
        self._months: dict[str, set[str]] = {}
        for _, period, area in self.cells:
            self._months.setdefault(area, set()).add(period)
        for (period, area), numbers in self._completeness.items():
            if any(numbers):
                self._months.setdefault(area, set()).add(period)
        self.periods = sorted(set[str]().union(*self._months.values()))
        self.areas = sorted(
            self._months.keys()
            | self._tasks.keys()
            | {area for (area, _, _), numbers in self._firsts.items() if any(numbers)}
            | self._births.keys()
            | {area for (area,), numbers in self._posyandu.items() if any(numbers)}
        )

    def months(self, area: str, period: str) -> list[str]:
        """Return a month and the newest 60 that hold numbers of an area, newest first."""
        months = sorted(self._months.get(area, ()), reverse=True)
        return sorted({period, *months[:60]}, reverse=True)

    def area(self, place: Place) -> Fields:
        """Return posyandu, people and participation of an area."""
        units = self._units(place)
        return {
            "units": units,
            "completeness": {"reported": units["reported"], "expected": units["opened"]},
            "persons": {
                "registered": self._registered(place, "everyone"),
                "projected": self._projected(place[0], "everyone"),
            },
            "participation": self._participation(*place) if len(place[0]) == 2 else None,
        }

    def participants(self, place: Place) -> list[str]:
        """Return the regencies of a province or the nation that take part, if fewer than half do: at most 50."""
        if len(place[0]) > len("id"):
            return []
        regencies, reporting = self._reporting(*place)
        return reporting[:MOST_NAMED] if 2 * len(reporting) < len(regencies) else []

    def indicators(self, place: Place, choice: str) -> list[Fields]:
        """Return all indicators of an area, divided by projected or real persons."""
        return [self._indicator(place, indicator, choice) for indicator in _DIVIDES_BY]

    def cell(self, place: Place, indicator: str) -> Fields:
        """Return a row of the export."""
        units, tasks = self._units(place), self._follow_ups(place)
        return {
            "version": _VERSION,
            "numerator": self._counted(place, indicator)[0],
            "denominators": self._denominators(place, indicator),
            "reported": units["reported"],
            "expected": units["opened"],
            "registered": units["registered"],
            "year": self._so_far(place, indicator) if indicator == _YEARLY else None,
            "follow_ups": {name: tasks[name] for name in _TASKS} if indicator == _IN_TASKS else None,
        }

    def _units(self, place: Place) -> Fields:
        area, period = place
        opened, reported = self._completeness.get((period, area), (0, 0))
        return {"registered": self._posyandu.get((area,), [0])[0], "opened": opened, "reported": reported}

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

    def _indicator(self, place: Place, indicator: str, choice: str) -> Fields:
        units, denominators = self._units(place), self._denominators(place, indicator)
        month, yearly = self._pair(place, indicator, choice, yearly=False), indicator == _YEARLY
        return {
            "code": indicator,
            "version": _VERSION,
            "unit": "persons" if indicator == _IN_PERSONS else "percent",
            **month,
            "denominator_kind": choice if choice in denominators else next(iter(denominators)),
            "denominators": denominators,
            "map_class": None if yearly else _class(month["value"], _BREAKS[indicator]),
            "target": None if yearly else _TARGETS.get(indicator),
            "completeness": {"reported": units["reported"], "expected": units["opened"]},
            "follow_ups": self._follow_ups(place) if indicator == _IN_TASKS else None,
            "year": self._year(place, indicator, choice) if yearly else None,
        }

    def _year(self, place: Place, indicator: str, choice: str) -> Fields:
        """Return the coverage from January to the month; target and map classes grow by twelfths."""
        year, months = self._pair(place, indicator, choice, yearly=True), int(place[1][5:])
        del year["denominator"]
        if months == 1:
            year["previous"] |= {"comparable": False, "reason": "other_year"}
        breaks = [round(low * months / 12, 2) for low in _BREAKS[indicator]]
        target = 100 * _TARGETS[indicator] * months // 12 / 100
        return {**year, "target": target, "map_class": _class(year["value"], breaks)}

    def _pair(self, place: Place, indicator: str, choice: str, *, yearly: bool) -> Fields:
        """Return the numbers of a month, and beside them those of the month before."""
        before = place[0], months_before(place[1], 1)
        now, then = (self._judged(one, indicator, choice, yearly=yearly) for one in (place, before))
        units = self._units(before)
        reason = _reason((self._units(place), now["denominator"]), (units, then["denominator"]))
        previous = {**then, "period": before[1], "units": units, "comparable": reason is None, "reason": reason}
        return {**now, "previous": previous}

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
        value = percent(overdue, opened) if opened and state in ("partial", "reported") else None
        return {
            "opened": opened,
            "returned": returned,
            "waiting": waiting,
            "overdue": overdue,
            "state": state,
            "value": value,
            "map_class": _class(value, _BREAKS[_IN_TASKS]),
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

    def _reporting(self, area: str, period: str) -> tuple[list[str], list[str]]:
        """Return all regencies of an area, and those of which any posyandu reported."""
        regencies = self._regencies.get(area, [])
        return regencies, [code for code in regencies if self._units((code, period))["reported"]]

    def _participation(self, area: str, period: str) -> Fields:
        regencies, reporting = self._reporting(area, period)
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
            "regencies": len(regencies),
            "regencies_taking_part": len(reporting),
            "population_percent": percent(reached, everyone) if everyone else None,
            "projected": projected,
        }


def percent(numerator: int, denominator: int) -> float:
    """Return a percentage rounded to two decimals, half up."""
    return float((Decimal(100 * numerator) / denominator).quantize(Decimal("0.01"), ROUND_HALF_UP))


def _reason(now: tuple[Fields, int | None], before: tuple[Fields, int | None]) -> str | None:
    """Return why months are not compared: less than 80 % of the posyandu reported, or fewer than 30 to divide by."""
    for (units, _), reason in ((before, "few_before"), (now, "few_now")):
        if not units["registered"] or 5 * units["reported"] < 4 * units["registered"]:
            return reason
    return "small" if min(now[1] or 0, before[1] or 0) < 30 else None


def _class(value: float | None, breaks: Sequence[float]) -> int | None:
    """Return how many of the lower bounds a value has reached."""
    return None if value is None else sum(value >= low for low in breaks)


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
