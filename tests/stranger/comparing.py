"""Reads every number that a reader can fetch over HTTP, and says where it is not the one counted from Kafka."""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from functools import partial
from math import floor
from typing import Any
from urllib.parse import urlencode
from urllib.request import Request, urlopen

from tests.stranger.counting import Numbers

Json = Mapping[str, Any]
COUNTED = {"STUNTING": "measured", "TB_SUSPECT": "screened", "FOLLOW_UP_OPEN": "opened"}
"""Kind of the denominators that are counted; the others divide by persons, `real` or `projected`."""
_KINDS = ("real", "projected")
_TIMEOUT_S = 60
_LIMIT = 500


Query = Mapping[str, str | int]
Get = Callable[[str, Query], Any]
"""Asks for a path below monitoring's root with a query; returns the JSON of the answer."""


def over_http(address: str, token: str, root: str = "/monitoring") -> Get:
    """Return how to ask monitoring, at this root of an address, with a bearer token."""
    return partial(_get, address + root, token)


def _get(address: str, token: str, path: str, query: Query) -> Any:
    url = f"{address}{path}?{urlencode(query)}"
    request = Request(url, headers={"Authorization": f"Bearer {token}"})
    with urlopen(request, timeout=_TIMEOUT_S) as answer:
        return json.load(answer)


def exported(get: Get) -> Iterator[Json]:
    """Yield every exported cell of the nation."""
    query: dict[str, str | int] = {"area": "id", "limit": _LIMIT}
    while True:
        page = get("/v1/cells", query)
        yield from page["items"]
        if page["next"] is None:
            return
        query["cursor"] = page["next"]


@dataclass
class Comparison:
    """What was compared, and every disagreement in words."""

    numbers: Numbers
    compared: int = 0
    wrong: list[str] = field(default_factory=list)

    def equal(self, what: str, counted: object, answer: object) -> None:
        """Compare one number."""
        self.compared += 1
        if counted != answer:
            self.wrong.append(f"{what} is {answer!r}, counted {counted!r}")

    def cells(self, rows: Iterator[Json]) -> None:
        """Compare the export: no row too few, none too many, each number equal."""
        missing = {place for place, n in self.numbers.numerators.items() if n}
        missing |= {place for place, n in self.numbers.counted.items() if n}
        for row in rows:
            area, month, code = row["area_code"], row["period"], row["indicator"]
            missing.discard((area, month, code))
            self.equal(f"cell {area} {month} {code}", self.numbers.numerators[area, month, code], row["numerator"])
            self._denominators(f"cell {area} {month} {code}", (area, month, code), row["denominators"])
            for name, table in (("reported", self.numbers.reported), ("expected", self.numbers.opened)):
                self.equal(f"{name} of cell {area} {month}", table[area, month], row[name])
            self.equal(f"registered of cell {area}", self.numbers.posyandu[area], row["registered"])
        self.equal("cells that the export leaves out", [], sorted(missing))

    def situation(self, situation: Json) -> None:
        """Compare everything in a situation: its own area, all areas below, and the regencies that are named."""
        month, denominator = situation["period"], situation["denominator"]
        self._area(situation, situation["area"]["code"], month, denominator)
        for child in situation["children"]:
            self._area(child, child["code"], month, denominator)
        self._participants(situation)
        if situation["children"]:
            below = [child["persons"]["projected"] or 0 for child in situation["children"]]
            self.equal(f"projected of {situation['area']['code']}", sum(below), situation["persons"]["projected"] or 0)

    def _participants(self, situation: Json) -> None:
        """Compare which regencies are named, the first fifty while they are fewer than half, and their numbers."""
        own, month, share = situation["area"]["code"], situation["period"], situation["participation"]
        reporting = sorted(
            area
            for (area, period), n in self.numbers.reported.items()
            if n and period == month and area.count(".") == 1 and (own == "id" or area.startswith(f"{own}."))
        )
        expected = reporting[:50] if share and 2 * len(reporting) < share["regencies"] else []
        self.equal(f"participants of {own} {month}", expected, [one["code"] for one in situation["participants"]])
        for regency in situation["participants"]:
            self._numbers(regency, regency["code"], month, situation["denominator"])

    def _area(self, situation: Json, area: str, month: str, denominator: str) -> None:
        registered = self.numbers.born(area, "0000-00", month)
        self.equal(f"persons of {area} {month}", registered, situation["persons"]["registered"])
        self._numbers(situation, area, month, denominator)

    def _numbers(self, situation: Json, area: str, month: str, denominator: str) -> None:
        here = f"{area} {month} ({denominator})"
        units = {
            "registered": self.numbers.posyandu[area],
            "opened": self.numbers.opened[area, month],
            "reported": self.numbers.reported[area, month],
        }
        self.equal(f"units of {here}", units, situation["units"])
        for row in situation["indicators"]:
            place = area, month, row["code"]
            what = f"{row['code']} of {here}"
            self.equal(f"numerator of {what}", self.numbers.numerators[place], row["numerator"])
            self._denominators(what, place, row["denominators"])
            kind = COUNTED.get(row["code"], denominator)
            self.equal(f"denominator of {what}", row["denominators"][kind], row["denominator"])
            self.equal(f"state of {what}", self._state(place, row["denominator"], units), row["state"])
            self.equal(f"value of {what}", _value(row), row["value"])
            self._beyond_the_month(what, place, row)

    def _beyond_the_month(self, what: str, place: tuple[str, str, str], row: Json) -> None:
        """Compare the coverage of the year, and the tasks opened by the end of the month."""
        area, month, code = place
        if row["year"] is not None:
            self.equal(f"year of {what}", self.numbers.of_year(area, month, code), row["year"]["numerator"])
        if (tasks := row["follow_ups"]) is not None:
            open_ones, done = (self.numbers.opened_by(area, month, still_open=still) for still in (True, False))
            self.equal(f"open tasks of {what}", open_ones, tasks["waiting"] + tasks["overdue"])
            self.equal(f"tasks of {what}", (open_ones + done, done), (tasks["opened"], tasks["returned"]))

    def _denominators(self, what: str, place: tuple[str, str, str], denominators: Json) -> None:
        area, month, code = place
        if code in COUNTED:
            self.equal(f"{COUNTED[code]} of {what}", self.numbers.counted[place], denominators[COUNTED[code]])
        else:
            self.equal(f"registered of {what}", self.numbers.registered(area, code, month), denominators["real"])

    def _state(self, place: tuple[str, str, str], denominator: int | None, units: Mapping[str, int]) -> str:
        if not (units["reported"] or self.numbers.numerators[place] or self.numbers.counted[place]):
            return "not_reported"
        if not denominator:
            return "no_denominator"
        return "reported" if units["reported"] >= max(units["registered"], units["opened"], 1) else "partial"


def _value(row: Json) -> float | None:
    """Return the value that numerator and denominator give: a percentage with two decimals, half up, or persons."""
    if row["state"] in ("not_reported", "no_denominator") or not row["denominator"]:
        return None
    if row["unit"] == "persons":
        return float(row["numerator"])
    return floor(Fraction(10_000 * row["numerator"], row["denominator"]) + Fraction(1, 2)) / 100


def compare(numbers: Numbers, get: Get) -> Comparison:
    """Compare all exported cells, and the situations of all areas above a village that have any number."""
    comparison = Comparison(numbers)
    comparison.cells(exported(get))
    places = {(area, month) for area, month, _ in numbers.numerators if area in numbers.areas and area.count(".") < 3}
    for area, month in sorted(places):
        for denominator in _KINDS:
            below = "village" if area.count(".") == 1 else "children"
            query = {"period": month, "denominator": denominator, "below": below}
            comparison.situation(get(f"/v1/situations/{area}", query))
    return comparison
