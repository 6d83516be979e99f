"""The answers that readers must be given: situations and exported cells, in the form of the interface."""

from collections.abc import Iterator
from typing import Any

from ilp_monitoring.recount.counting import DENOMINATORS
from ilp_monitoring.recount.expecting import Expecting
from ilp_monitoring.recount.parts import Parts
from ilp_monitoring.recount.places import Places

Fields = dict[str, Any]
Row = tuple[str, ...]


class Answers:
    """Every answer of a run's parts that must be shown, by its row: list, area, period and what else tells it apart."""

    def __init__(self, expecting: Expecting, places: Places, progress: Fields, parts: Parts) -> None:
        self._numbers, self._places, self._progress, self.parts = expecting, places, progress, parts
        self._known: dict[tuple[str, str], list[Fields]] = {}
        self._period = ""

    def rows(self) -> Iterator[Row]:
        """Yield the rows of this run's parts: of each published area that has numbers, and each cell."""
        areas = [area for area in self._numbers.areas if area in self._places.areas and self.parts.covers(area)]
        for period in self._numbers.periods:
            for area in areas:
                listings = ["children", "village"] if area in self._places.regencies else ["children"]
                for below in listings:
                    yield from (("situations", area, period, choice, below) for choice in DENOMINATORS)
        for indicator, period, area in self._numbers.cells:
            if self.parts.covers(area):
                yield "cells", area, period, indicator

    def fields(self, row: Row) -> Fields:
        """Return the answer of one of the rows; of awaited posyandu all, however many are named."""
        if row[0] == "cells":
            _, area, period, indicator = row
            key = {"area_code": area, "period": period, "indicator": indicator}
            return {**key, **self._numbers.cell((area, period), indicator)}
        _, area, period, choice, below = row
        months = self._numbers.months(area, period)
        return {
            "area": self._places.head(area),
            "period": period,
            "previous_period": _month_before(period),
            "periods": months,
            "denominator": choice,
            "below": below,
            **self._progress,
            **self._numbers.area((area, period)),
            "awaited": self._places.awaited(area, period),
            "arrivals": self._places.arrivals(area),
            "indicators": self._indicators(area, period, choice),
            "children": [self._child(child, period, choice) for child in self._places.below(area, below)],
            "participants": [
                self._participant(regency, period, choice) for regency in self._numbers.participants((area, period))
            ],
            "example_data": self._places.example_data,
        }

    def _child(self, area: str, period: str, choice: str) -> Fields:
        return {
            **self._places.described(area),
            **self._numbers.area((area, period)),
            "indicators": self._indicators(area, period, choice),
        }

    def _participant(self, area: str, period: str, choice: str) -> Fields:
        return {
            "code": area,
            "name": self._places.areas[area].name,
            "units": self._numbers.area((area, period))["units"],
            "indicators": self._indicators(area, period, choice),
        }

    def _indicators(self, area: str, period: str, choice: str) -> list[Fields]:
        """Return them from memory where they were shown already: rows come month by month."""
        if period != self._period:
            self._known, self._period = {}, period
        if (area, choice) not in self._known:
            self._known[area, choice] = self._numbers.indicators((area, period), choice)
        return self._known[area, choice]


def _month_before(period: str) -> str:
    year, month = int(period[:4]), int(period[5:])
    return f"{year}-{month - 1:02d}" if month > 1 else f"{year - 1}-12"
