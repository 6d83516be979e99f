"""Checks of the numbers: the situation of village, district and regency, and the export, against the expected cells.

Each is compared both ways: a number that is missing, wrong, or beyond what was acknowledged.
"""

from collections.abc import Iterator

from tests.faults.oracle import definitions as meaning
from tests.faults.oracle.access import Json, Seen
from tests.faults.oracle.expected import Cell, Expected, expected_cells, expected_completeness, levels
from tests.faults.oracle.verdict import Verdict

COUNTED_BY = {"STUNTING": "measured", "TB_SUSPECT": "screened", "FOLLOW_UP_OPEN": "opened"}
"""Indicators whose denominator is counted, by its kind; the others divide by people registered (`real`)."""


def check_numbers(expected: Expected, seen: Seen, verdict: Verdict) -> None:
    """Compare every number that is shown with the one that must be."""
    cells = expected_cells(expected)
    for (area, month), situation in seen.situations.items():
        for row in situation["indicators"]:
            place = (area, month, row["code"])
            numerator, denominator = cells.get(place, (0, 0))
            _equal(f"numerator of {place}", numerator, row["numerator"], verdict)
            if row["code"] in COUNTED_BY:
                actual = row["denominators"][COUNTED_BY[row["code"]]]
                _equal(f"denominator of {place}", denominator, actual, verdict)
            else:
                _equal(f"registered for {place}", _registered(expected, place), row["denominators"]["real"], verdict)
        _check_heading(expected, (area, month), situation, verdict)
    _check_export(cells, seen, verdict)


def _check_heading(expected: Expected, place: tuple[str, str], situation: Json, verdict: Verdict) -> None:
    reported, open_days = expected_completeness(expected).get(place, (0, 0))
    completeness = situation["completeness"]
    _equal(f"posyandu that reported in {place}", reported, completeness["reported"], verdict)
    _equal(f"posyandu with an open day in {place}", open_days, completeness["expected"], verdict)
    posyandu = sum(place[0] in levels(village) for village in expected.facilities.values())
    _equal(f"posyandu of {place[0]}", posyandu, situation["area"]["facilities"]["posyandu"], verdict)
    if situation["parked"]:
        verdict.add("wrong", f"{situation['parked']} events are parked")


def _check_export(cells: dict[Cell, tuple[int, int]], seen: Seen, verdict: Verdict) -> None:
    """Demand exactly the cells above zero; those based on sasaran are compared by numerator only."""
    expected_cells = {place: numbers for place, numbers in cells.items() if numbers != (0, 0)}
    exported_cells: dict[Cell, tuple[int, int]] = dict(_exported(seen))
    for place in expected_cells.keys() | exported_cells.keys():
        expected, actual = expected_cells.get(place, (0, 0)), exported_cells.get(place, (0, 0))
        _equal(f"exported numerator of {place}", expected[0], actual[0], verdict)
        _equal(f"exported denominator of {place}", expected[1], actual[1], verdict)


def _exported(seen: Seen) -> Iterator[tuple[Cell, tuple[int, int]]]:
    for rows in seen.cells.values():
        for row in rows:
            counted = COUNTED_BY.get(row["indicator"])
            denominator = row["denominators"][counted] if counted else 0
            yield (row["area_code"], row["period"], row["indicator"]), (row["numerator"], denominator)


def _registered(expected: Expected, place: Cell) -> int:
    """People of the indicator's age group who are registered in an area."""
    area, month, indicator = place
    of_age = meaning.is_under_five if indicator == "D_S" else meaning.is_adult
    return sum(
        area in levels(person["home_area"]) and of_age(person["birth_date"][:7], month)
        for person in expected.persons.values()
    )


def _equal(what: str, expected: int, actual: int, verdict: Verdict) -> None:
    verdict.note("numbers")
    if actual != expected:
        verdict.add(
            "lost" if actual < expected else "double",
            f"{what} is {actual}, expected {expected}",
            abs(actual - expected),
        )
