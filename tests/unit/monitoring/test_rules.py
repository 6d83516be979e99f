"""The arithmetic of the situation on hand-made values: months, ages, contributions, sums over levels, readings."""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from fractions import Fraction
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ilp_monitoring.indicators.loader import definitions
from ilp_monitoring.indicators.schemas import Fact, PopulationGroup
from ilp_monitoring.projections.cells import Deltas, Key, Pair, difference
from ilp_monitoring.rules.contributions import Contribution, CountedScreening, FactRules, PersonRules
from ilp_monitoring.rules.judgement import Basis, class_of, percent_of, reason_against, state_of, value_of
from ilp_monitoring.rules.months import birth_range, month_of, months_before
from ilp_monitoring.rules.participation import Regency, Share, are_few, is_above_regency, share_of
from ilp_monitoring.rules.reporting import PosyanduMonth, expected_and_reported
from ilp_monitoring.rules.sasaran import group_size, split_evenly
from ilp_monitoring.rules.vocabulary import State
from ilp_shared.areas import village_of
from ilp_shared.events.screening.v1 import ScreeningResult

VILLAGE, OTHER = "13.76.01.1002", "13.76.01.1003"
WEIGHED, JUDGED, STUNTED, PRESSURE, ASKED, SUSPECT = (1 << bit for bit in range(6))
CHILD, ADULT = "2024-03", "1980-01"
MONTHS = st.dates(date(1, 1, 1), date(9999, 12, 1)).map(month_of)


@given(MONTHS, st.integers(-500, 500))
def test_months_go_back_and_forth_over_years(month: str, count: int) -> None:
    index = int(month[:4]) * 12 + int(month[5:]) - 1 - count
    if not 12 <= index < 120_000:
        return
    earlier_month = months_before(month, count)
    assert int(earlier_month[:4]) * 12 + int(earlier_month[5:]) - 1 == index
    assert (len(earlier_month), earlier_month[4]) == (7, "-")
    assert months_before(earlier_month, -count) == month


def test_a_month_is_written_with_leading_zeros() -> None:
    assert month_of(date(2026, 3, 31)) == "2026-03"
    assert month_of(date(26, 12, 1)) == "0026-12"
    assert months_before("2026-01", 1) == "2025-12"
    assert months_before("2026-11", -2) == "2027-01"
    assert months_before("0100-01", 1) == "0099-12"


def test_birth_months_of_an_age_group_are_inclusive_and_open_where_a_bound_is_missing() -> None:
    assert birth_range("2026-11", None, 59) == ("2021-12", "9999-12")
    assert birth_range("2026-11", 0, 59) == ("2021-12", "2026-11")
    assert birth_range("2026-11", 216, None) == ("0000-01", "2008-11")
    assert birth_range("2026-11", 6, 11) == ("2025-12", "2026-05")
    assert birth_range("2026-11", None, None) == ("0000-01", "9999-12")


@pytest.mark.parametrize("group", definitions().population_groups, ids=lambda group: group.code)
def test_nobody_belongs_to_an_age_group_before_birth(group: PopulationGroup) -> None:
    assert birth_range("2026-11", group.min_months, group.max_months)[1] <= "2026-11"
    assert PopulationGroup(code="any", name=group.name).min_months == 0


def test_a_child_screened_before_its_birth_month_is_no_under_five() -> None:
    rules, noon = PersonRules(definitions()), datetime(2026, 10, 5, 5, tzinfo=UTC)
    for birth_month, counted in (("2026-10", True), ("2026-11", False)):
        visit = CountedScreening(date(2026, 10, 5), noon, UUID(int=1), VILLAGE, birth_month, WEIGHED)
        assert ("D_S" in rules.contributions("2026-10", [visit])) is counted


def test_a_percentage_is_rounded_half_up() -> None:
    assert [percent_of(n, d) for n, d in ((1, 800), (3, 800), (1, 3), (2, 3), (1005, 1000))] == [
        0.13, 0.38, 33.33, 66.67, 100.5,
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("area", "village"),
    [(f"{VILLAGE}.RW-01.RT-02", VILLAGE), (VILLAGE, VILLAGE), ("13.76.01", "13.76.01"), ("id", "id")],
)
def test_an_area_below_a_village_counts_for_the_village(area: str, village: str) -> None:
    assert village_of(area) == village


def test_differences_add_up_on_every_level_and_vanish_where_they_cancel() -> None:
    deltas = Deltas()
    deltas.add((VILLAGE, "2026-11", "X"), 2, 3)
    deltas.add((VILLAGE, "2026-11", "X"), 1, 1)
    deltas.add((OTHER, "2026-11", "X"), -1, 0)
    deltas.add((OTHER, "2026-11", "Y"), 1, 5)
    deltas.add((OTHER, "2026-11", "Y"), -1, -5)
    deltas.add(("14.72.01.1001", "2026-11", "Z"), 4)
    deltas.add(("13.76.02.1001", "2026-11", "Z"), -4)
    assert deltas.as_they_are() == [
        (("13.76.01.1002", "2026-11", "X"), (3, 4)),
        (("13.76.01.1003", "2026-11", "X"), (-1, 0)),
        (("13.76.02.1001", "2026-11", "Z"), (-4, 0)),
        (("14.72.01.1001", "2026-11", "Z"), (4, 0)),
    ]
    rolled = dict(deltas.rolled_up())
    assert list(rolled) == sorted(rolled)
    assert {key: pair for key, pair in rolled.items() if key[2] == "X"} == {
        ("13.76.01.1002", "2026-11", "X"): (3, 4),
        ("13.76.01.1003", "2026-11", "X"): (-1, 0),
        **{(area, "2026-11", "X"): (2, 4) for area in ("13.76.01", "13.76", "13", "id")},
    }
    assert ("id", "2026-11", "Z") not in rolled
    assert rolled["14", "2026-11", "Z"] == (4, 0)


@pytest.mark.parametrize(("first", "second"), [(1, 0), (0, 1)])
def test_one_of_two_differences_is_enough_to_move_a_cell(first: int, second: int) -> None:
    deltas = Deltas()
    deltas.add((VILLAGE,), first, second)
    assert deltas.as_they_are() == [((VILLAGE,), (first, second))]
    assert dict(deltas.rolled_up())["13",] == (first, second)


def test_new_minus_old_covers_what_left_came_and_stayed() -> None:
    old: dict[Key, Pair] = {("a",): (1, 2), ("b",): (5, 5)}
    new: dict[Key, Pair] = {("b",): (5, 5), ("c",): (3, 4)}
    assert difference(old, new).as_they_are() == [(("a",), (-1, -2)), (("c",), (3, 4))]


def test_a_group_is_rounded_half_up() -> None:
    assert [group_size(n, Fraction(1, 4)) for n in (1, 2, 3, 6)] == [0, 1, 1, 2]


@given(st.integers(0, 10_000), st.sets(st.text("0123456789.", max_size=5)))
def test_an_even_split_is_exact_and_differs_by_one_at_most(n: int, villages: set[str]) -> None:
    split = split_evenly(n, list(villages))
    assert set(split) == villages
    if villages:
        assert sum(split.values()) == n
        assert [split[v] for v in sorted(villages)] == sorted(split.values(), reverse=True)
        assert max(split.values()) - min(split.values()) <= 1


def test_a_posyandu_counts_once_in_each_area_and_reports_with_one_screening() -> None:
    def place(open_days: dict[str, int], screenings: int) -> PosyanduMonth:
        return PosyanduMonth(open_days, screenings)

    counts = expected_and_reported(
        {
            (UUID(int=1), "2026-11"): place({VILLAGE: 2, OTHER: 1}, 7),
            (UUID(int=2), "2026-11"): place({VILLAGE: 1}, 0),
            (UUID(int=3), "2026-11"): place({VILLAGE: 0}, 5),
            (UUID(int=4), "2026-11"): place({OTHER: 1}, 1),
        }
    )
    assert counts[VILLAGE, "2026-11"] == (2, 1)
    assert counts[OTHER, "2026-11"] == (2, 2)
    assert {counts[area, "2026-11"] for area in ("13.76.01", "13.76", "13", "id")} == {(3, 2)}
    assert len(counts) == 6


def _result(code: str, category: str = "c", z: float | None = 1.0, flag: str | None = None) -> ScreeningResult:
    return ScreeningResult.model_validate({"code": code, "category": category, "z": z, "flag": flag})


def test_facts_come_from_observations_and_from_results_that_establish_them() -> None:
    known = definitions().facts
    height = "length_height_for_age"
    assert FactRules(known).mask(["weight_kg", "sbp"], []) == WEIGHED
    assert FactRules(known).mask(["length_height_for_age"], []) == 0
    assert FactRules(known).mask([], [_result(height)]) == JUDGED
    assert FactRules(known).mask([], [_result(height, "hfa_stunted")]) == JUDGED | STUNTED
    assert FactRules(known).mask([], [_result(height, "hfa_stunted", flag="implausible")]) == 0
    assert FactRules(known).mask([], [_result(height, "hfa_stunted", z=None)]) == 0
    assert FactRules(known).mask([], [_result("blood_pressure", z=None), _result("tb_symptoms", "suspect", None)]) == (
        PRESSURE | ASKED | SUSPECT
    )
    assert FactRules(known).mask([], [_result("tb_symptoms", "hfa_stunted", None)]) == ASKED


def test_a_category_of_another_result_establishes_nothing() -> None:
    suspect = Fact(code="f", bit=3, result="tb_symptoms", categories=("suspect",))
    assert FactRules([suspect]).mask([], [_result("blood_pressure", "suspect"), _result("tb_symptoms", "clear")]) == 0
    assert FactRules([suspect]).mask([], [_result("tb_symptoms", "clear"), _result("tb_symptoms", "suspect")]) == 8


def test_one_observation_may_establish_several_facts() -> None:
    known = [Fact(code=f"f{bit}", bit=bit, observed="weight_kg") for bit in (1, 3)]
    assert FactRules(known).mask(["weight_kg"], []) == 0b1010
    assert FactRules(known).mask(["length_height_cm"], []) == 0


def _screening(
    facts: int, day: int = 10, hour: int = 3, key: int = 1, born: str = CHILD, home: str = VILLAGE
) -> CountedScreening:
    at = datetime(2026, 11, day, hour, tzinfo=UTC)
    return CountedScreening(date(2026, 11, day), at, UUID(int=key), home, born, facts)


def _contributions(*screenings: CountedScreening) -> dict[str, Contribution]:
    return PersonRules(definitions()).contributions("2026-11", screenings)


def test_nobody_contributes_without_a_screening_or_without_a_fact() -> None:
    assert _contributions() == {}
    assert _contributions(_screening(0)) == {}


def test_a_sasaran_indicator_counts_the_person_and_leaves_the_denominator() -> None:
    assert _contributions(_screening(WEIGHED)) == {"D_S": Contribution(VILLAGE, 1, 0)}
    assert _contributions(_screening(PRESSURE, born=ADULT)) == {"BP_ADULT": Contribution(VILLAGE, 1, 0)}


@pytest.mark.parametrize(
    ("born", "counts"),
    [("2021-12", True), ("2021-11", False), ("2026-11", True)],
)
def test_under_fives_are_told_by_month_of_birth(born: str, counts: bool) -> None:
    assert ("D_S" in _contributions(_screening(WEIGHED, born=born))) is counts


@pytest.mark.parametrize(("born", "counts"), [("2008-11", True), ("2008-12", False)])
def test_adults_are_told_by_month_of_birth(born: str, counts: bool) -> None:
    assert ("BP_ADULT" in _contributions(_screening(PRESSURE, born=born))) is counts


def test_the_last_measured_screening_decides_stunting_and_any_decides_tb() -> None:
    early, late, later = (
        _screening(JUDGED | STUNTED | ASKED | SUSPECT, day=3, home=OTHER),
        _screening(JUDGED | ASKED, day=9),
        _screening(WEIGHED, day=12),
    )
    contributions = _contributions(later, early, late)
    assert contributions["STUNTING"] == Contribution(VILLAGE, 0, 1)
    assert contributions["TB_SUSPECT"] == Contribution(VILLAGE, 1, 1)
    assert contributions["D_S"] == Contribution(VILLAGE, 1, 0)
    assert _contributions(late, early._replace(day=date(2026, 11, 11)))["STUNTING"] == Contribution(OTHER, 1, 1)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (_screening(WEIGHED, day=9, home=OTHER), _screening(WEIGHED, day=10)),
        (_screening(WEIGHED, hour=2, home=OTHER), _screening(WEIGHED, hour=3)),
        (_screening(WEIGHED, key=1, home=OTHER), _screening(WEIGHED, key=2)),
    ],
)
def test_village_and_age_are_those_of_the_last_screening(first: CountedScreening, second: CountedScreening) -> None:
    orders: Sequence[tuple[CountedScreening, CountedScreening]] = ((first, second), (second, first))
    assert [_contributions(*order)["D_S"].area_code for order in orders] == [VILLAGE, VILLAGE]
    earlier = _screening(WEIGHED, day=1, home=OTHER)
    assert _contributions(earlier, first, second)["D_S"].area_code == VILLAGE
    grown = second._replace(birth_month=ADULT)
    assert "D_S" not in _contributions(first, grown)


@pytest.mark.parametrize(
    ("numerator", "denominator", "counted", "units", "state"),
    [
        (0, 10, 0, (3, 3, 0), "not_reported"),
        (1, 10, 0, (3, 3, 0), "partial"),
        (0, 10, 5, (3, 3, 0), "partial"),
        (0, 10, 0, (3, 3, 1), "partial"),
        (0, 10, 0, (3, 3, 3), "reported"),
        (0, 10, 0, (4, 3, 3), "partial"),
        (0, 10, 0, (3, 4, 3), "partial"),
        (0, 10, 0, (3, 4, 4), "reported"),
        (2, 10, 5, (4, 0, 0), "partial"),
        (2, 10, 5, (0, 0, 0), "partial"),
        (2, 10, 5, (0, 1, 1), "reported"),
        (2, 0, 0, (1, 1, 1), "no_denominator"),
        (2, None, 0, (1, 1, 1), "no_denominator"),
        (0, None, 0, (1, 1, 0), "not_reported"),
    ],
)
def test_how_a_number_is_to_be_read(
    numerator: int, denominator: int | None, counted: int, units: tuple[int, int, int], state: State
) -> None:
    registered, opened, reported = units
    read = state_of(numerator, denominator, counted=counted, registered=registered, opened=opened, reported=reported)
    assert read == state


@pytest.mark.parametrize(
    ("basis", "reasons"),
    [
        (Basis(30, 10, 8), (None, None)),
        (Basis(29, 10, 8), ("small", "small")),
        (Basis(None, 10, 8), ("small", "small")),
        (Basis(30, 10, 7), ("few_now", "few_before")),
        (Basis(29, 10, 7), ("few_now", "few_before")),
        (Basis(30, 0, 0), ("few_now", "few_before")),
        (Basis(30, 173, 138), ("few_now", "few_before")),
        (Basis(30, 4, 5), (None, None)),
    ],
)
def test_months_are_compared_from_four_fifths_of_the_posyandu_and_thirty_people_else_it_is_said_why(
    basis: Basis, reasons: tuple[str | None, str | None]
) -> None:
    whole = Basis(30, 5, 4)
    assert (reason_against(basis, whole), reason_against(whole, basis)) == reasons


def test_participation_counts_regencies_and_their_people() -> None:
    regencies = {
        "13.76": Regency(reporting=True, projected={"everyone": 30, "adult": 20}),
        "13.01": Regency(reporting=False, projected={"everyone": 70, "adult": 50}),
        "14.72": Regency(reporting=False, projected={}),
    }
    assert share_of("13", regencies) == Share(2, 1, 2, ("13.76",), 30.0, {"everyone": 30, "adult": 20})
    assert share_of("id", regencies) == Share(2, 1, 3, ("13.76",), 20.0, {"everyone": 30, "adult": 20})
    assert share_of("14", regencies) == Share(1, 0, 1, (), None, {})
    assert [are_few(*pair) for pair in ((1, 2), (1, 3), (0, 1), (0, 0))] == [False, True, True, False]
    assert [is_above_regency(area) for area in ("id", "13", "13.76", "13.76.01")] == [True, True, False, False]


@pytest.mark.parametrize(
    ("numerator", "denominator", "state", "unit", "value"),
    [
        (1, 3, "reported", "percent", 33.33),
        (2, 3, "partial", "percent", 66.67),
        (7, 3, "reported", "persons", 7.0),
        (0, 3, "reported", "percent", 0.0),
        (1, 3, "not_reported", "percent", None),
        (1, 3, "no_denominator", "persons", None),
        (1, 0, "reported", "percent", None),
        (1, None, "partial", "percent", None),
    ],
)
def test_value_of_a_number(
    numerator: int, denominator: int | None, state: State, unit: str, value: float | None
) -> None:
    assert value_of(numerator, denominator, state, unit) == value


def test_map_classes_begin_at_their_lower_bounds() -> None:
    breaks = (10.0, 25.0, 50.0, 75.0)
    assert [class_of(value, breaks) for value in (0.0, 9.99, 10.0, 25.0, 74.9, 75.0, None)] == [0, 0, 1, 2, 3, 4, None]
