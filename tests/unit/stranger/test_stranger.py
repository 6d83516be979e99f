"""The stranger can fail: gaps of the log, and every kind of number that is one too many, are found."""

from collections.abc import Mapping
from copy import deepcopy
from dataclasses import replace
from typing import Any

import pytest

from tests.stranger.comparing import Comparison, compare
from tests.stranger.counting import Numbers, count
from tests.stranger.log import Event, gaps
from tests.stranger.world import World

VILLAGE, MONTH = "13.76.01.1001", "2026-11"
FACILITY = {"kind": "posyandu", "area_code": VILLAGE}
PERSON = {"person_id": "ani", "birth_date": "2024-03-15", "home_area": VILLAGE}
UNBORN = {"person_id": "bayu", "birth_date": "2026-12-01", "home_area": VILLAGE}
OPEN_DAY = {"facility_id": "mawar", "facility_kind": "posyandu", "facility_area": VILLAGE, "day": "2026-11-10"}
HEIGHT = {"code": "length_height_for_age", "category": "hfa_stunted", "z": -2.5}
VISIT = {
    "screening_id": "first",
    "person_id": "ani",
    "facility_id": "mawar",
    "home_area": VILLAGE,
    "birth_month": "2024-03",
    "day": "2026-11-10",
    "observed": ["weight_kg"],
    "results": [HEIGHT],
}
IMPLAUSIBLE = {**VISIT, "screening_id": "second", "results": [{**HEIGHT, "z": -7.0, "flag": "implausible"}]}


def event(kind: str, aggregate: str, data: Mapping[str, Any], sequence: int = 1, version: int = 1) -> Event:
    """Return an event of a shard of its domain."""
    domain = "registry" if kind.endswith(("registered", "published")) else "screening"
    name = f"ilp.{domain}.{kind}.v1"
    return Event(f"{aggregate}-{version}", name, domain, 7, sequence, aggregate, version, "2026-11-10T03:00:00Z", data)


TREE = {"areas": [{"code": code} for code in ("13", "13.76", "13.76.01", VILLAGE)]}
LOG = [
    event("facility-registered", "mawar", FACILITY, 1),
    event("person-registered", "ani", PERSON, 2),
    event("person-registered", "bayu", UNBORN, 3),
    event("open-day-scheduled", "opening", OPEN_DAY, 1),
    event("recorded", "first", VISIT, 2),
    event("recorded", "second", IMPLAUSIBLE, 3),
]


def test_the_words_of_the_definitions_are_counted() -> None:
    numbers = count(World.after(LOG))
    assert numbers.numerators[VILLAGE, MONTH, "D_S"] == 1
    assert (numbers.numerators["id", MONTH, "STUNTING"], numbers.counted["id", MONTH, "STUNTING"]) == (1, 1)
    assert (numbers.posyandu["13"], numbers.opened["13", MONTH], numbers.reported["13", MONTH]) == (1, 1, 1)
    assert numbers.registered(VILLAGE, "D_S", MONTH) == 1
    assert numbers.registered(VILLAGE, "D_S", "2026-12") == 2


def test_the_newest_version_is_true_and_voided_ones_count_nowhere() -> None:
    moved = event("corrected", "first", {**VISIT, "day": "2026-10-01"}, 4, 2)
    assert count(World.after([moved, *LOG])).numerators[VILLAGE, "2026-10", "D_S"] == 1
    gone = [*LOG, event("voided", "first", {}, 4, 2), event("voided", "second", {}, 5, 2)]
    assert count(World.after(gone)).numerators.total() == 0


@pytest.mark.parametrize("missing", [0, 1, 3, 4])
def test_a_gap_is_found(missing: int) -> None:
    assert list(gaps(LOG)) == []
    assert list(gaps([one for one in LOG if one != LOG[missing]])) != []


def shown(numbers: Numbers) -> dict[str, Any]:
    """Return what the platform would answer: one cell, and the situations of every area above the village."""
    place = VILLAGE, MONTH, "D_S"
    cell = {
        "area_code": VILLAGE, "period": MONTH, "indicator": "D_S", "numerator": numbers.numerators[place],
        "denominators": {"real": 1, "projected": 40}, "reported": 1, "expected": 1, "registered": 1,
    }  # fmt: skip
    row = {
        "code": "D_S", "unit": "percent", "numerator": 1, "denominator": 1, "state": "reported", "value": 100.0,
        "denominators": {"real": 1, "projected": 40}, "year": {"numerator": 1},
        "follow_ups": {"opened": 0, "returned": 0, "waiting": 0, "overdue": 0},
    }  # fmt: skip
    area = {
        "units": {"registered": 1, "opened": 1, "reported": 1},
        "persons": {"registered": 1, "projected": 500},
        "indicators": [row],
    }
    regency = deepcopy({"code": "13.76", "units": area["units"], "indicators": [row]})
    return {"cells": [cell], "area": area, "above": {"participation": {"regencies": 3}, "participants": [regency]}}


CHANGES: list[tuple[str, ...]] = [
    ("cells", "numerator"),
    ("cells", "denominators", "real"),
    ("cells", "reported"),
    ("cells", "expected"),
    ("cells", "registered"),
    ("area", "units", "opened"),
    ("area", "persons", "registered"),
    ("area", "indicators", "numerator"),
    ("area", "indicators", "denominators", "real"),
    ("area", "indicators", "denominator"),
    ("area", "indicators", "value"),
    ("area", "indicators", "year", "numerator"),
    ("area", "indicators", "follow_ups", "overdue"),
    ("area", "indicators", "follow_ups", "returned"),
    ("above", "participants", "units", "reported"),
    ("above", "participants", "indicators", "numerator"),
]


@pytest.mark.parametrize("path", [(), *CHANGES], ids=".".join)
def test_a_number_that_is_one_too_many_is_found(path: tuple[str, ...]) -> None:
    only_weighed = [one for one in LOG if one.aggregate != "second"]
    only_weighed[-1] = replace(only_weighed[-1], data={**VISIT, "results": []})
    tree = event("area-tree-published", "13.76", TREE, 4)
    numbers = count(World.after([*only_weighed, tree]))
    answers = deepcopy(shown(numbers))
    if path:
        _add_one(answers, path)

    def get(asked: str, query: Mapping[str, str | int]) -> Any:
        if asked == "/v1/cells":
            return {"items": [dict(answers["cells"][0], area_code=area) for area in _areas()], "next": None}
        code = asked.rpartition("/")[2]
        head: dict[str, Any] = {"area": {"code": code}, "period": query["period"], "children": []}
        head |= answers["above"] if len(code) == 2 else {"participation": None, "participants": []}
        denominator = "real"  # the answer of either question: projected sizes are not the stranger's to know
        return {**answers["area"], **head, "denominator": denominator}

    comparison: Comparison = compare(numbers, get)
    assert comparison.compared > 30
    assert bool(comparison.wrong) == bool(path), comparison.wrong


def _areas() -> list[str]:
    return ["id", "13", "13.76", "13.76.01", VILLAGE]


def _add_one(answers: dict[str, Any], path: tuple[str, ...]) -> None:
    holder: Any = answers
    for name in path[:-1]:
        holder = holder[name]
        holder = holder[0] if isinstance(holder, list) else holder
    holder[path[-1]] += 1
