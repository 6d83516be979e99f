"""What a live screen of the campaign compares: all areas of a snapshot, also the regencies that take part."""

from typing import Any

from tests.faults.screen import differences, shown_by

_NUMBERS = {
    **{"code": "D_S", "numerator": 1, "denominator": 2, "denominators": {"real": 2}, "value": 50.0, "state": "known"},
    **{"map_class": 1, "previous": None, "year": None, "follow_ups": None},
}


def _area(code: str, **more: Any) -> dict[str, Any]:
    return {"code": code, "units": {"registered": 3, "opened": 2, "reported": 1}, "indicators": [_NUMBERS], **more}


def test_the_regencies_that_take_part_are_compared_with_their_numbers() -> None:
    completeness = {"completeness": {"reported": 1, "expected": 2}}
    province = _area("13", **completeness)
    situation = _area("id", area={"code": "id"}, children=[province], participants=[_area("13.76")], **completeness)
    own = {"D_S": [1, 2, {"real": 2}, 50.0, "known", 1, None, None, None], "units": [3, 2, 1]}
    expected = {(code, name): value for code in ("id", "13", "13.76") for name, value in own.items()}
    assert shown_by(situation) == expected | {(code, "completeness"): [1, 2] for code in ("id", "13")}


def test_of_regencies_a_screen_may_know_more_than_the_snapshot_says() -> None:
    snapshot = {("id", "units"): [3, 2, 1], ("13.76", "units"): [3, 2, 1]}
    more = {("13.76", "completeness"): [1, 2], ("14.72", "units"): [1, 1, 1], ("14.72", "completeness"): [1, 1]}
    assert differences(snapshot | more, snapshot) == []


def test_anything_else_is_a_difference() -> None:
    snapshot = {("id", "units"): [3, 2, 1], ("13.76", "units"): [3, 2, 1], ("13.76", "D_S"): [1]}
    other = {("13.76", "units"): [3, 2, 2], ("13.76", "B_S"): [1], ("13", "units"): [3, 2, 1], ("13.76.01", "D_S"): [1]}
    missing = ("13.76", "D_S")
    places = differences({place: value for place, value in (snapshot | other).items() if place != missing}, snapshot)
    assert {place for place, _, _ in places} == {*other, missing}
