"""Adult blood pressure: every border, the worse of the two pressures, and the ages it is meant for."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ilp_screening.rules.contents import Packs
from ilp_screening.rules.engine import evaluate
from ilp_screening.rules.forms import Action
from ilp_screening.rules.models import NotEvaluated, Result, Subject
from ilp_shared.text import Text
from tests.unit.screening.conftest import Evaluate
from tests.unit.screening.judging import form_of, in_force, judged_alone, pack_of

ORDER = ["optimal", "normal", "high_normal", "ht_1", "ht_2", "ht_3"]


def pressure(judge: Evaluate, sbp: float, dbp: float) -> Result:
    return next(r for r in judge({"sbp": sbp, "dbp": dbp}, sex="male", age_months=480).results)


@pytest.mark.parametrize(
    ("sbp", "category"),
    [
        (119.9, "optimal"),
        (120, "normal"),
        (129.9, "normal"),
        (130, "high_normal"),
        (139.9, "high_normal"),
        (140, "ht_1"),
        (159.9, "ht_1"),
        (160, "ht_2"),
        (179.9, "ht_2"),
        (180, "ht_3"),
    ],
)
def test_systolic_borders(judge: Evaluate, sbp: float, category: str) -> None:
    assert pressure(judge, sbp, 70).category == category


@pytest.mark.parametrize(
    ("dbp", "category"),
    [
        (79.9, "optimal"),
        (80, "normal"),
        (84.9, "normal"),
        (85, "high_normal"),
        (89.9, "high_normal"),
        (90, "ht_1"),
        (99.9, "ht_1"),
        (100, "ht_2"),
        (109.9, "ht_2"),
        (110, "ht_3"),
    ],
)
def test_diastolic_borders(judge: Evaluate, dbp: float, category: str) -> None:
    # The systolic one is of no worse grade, and far enough from the diastolic one to be plausible.
    assert pressure(judge, max(119, dbp + 15), dbp).category == category


def by_hand(value: float, limits: tuple[int, ...]) -> int:
    return sum(value >= limit for limit in limits)


@given(sbp=st.integers(60, 300), dbp=st.integers(20, 200))
def test_the_worse_pressure_decides(sbp: int, dbp: int) -> None:
    if dbp >= sbp:
        dbp = sbp - 1
    subject = Subject(sex="female", age_months=600)
    result = evaluate(in_force(), subject, None, {"sbp": sbp, "dbp": dbp}).results[0]
    if not (70 <= sbp <= 260 and 40 <= dbp <= 150 and 15 <= sbp - dbp <= 150):
        assert (result.flag, result.category, [action.code for action in result.actions]) == (
            "implausible",
            None,
            ["REPEAT"],
        )
        return
    worst = max(by_hand(sbp, (120, 130, 140, 160, 180)), by_hand(dbp, (80, 85, 90, 100, 110)))
    assert result.category == ORDER[worst]
    assert (result.result_class == "disease_suspected") == (worst >= 3)
    isolated = any(reason.code == "isolated_systolic" for reason in result.reasons)
    assert isolated == (sbp >= 140 and dbp < 90)
    assert len({action.code for action in result.actions}) == len(result.actions)


@pytest.mark.parametrize(("sbp", "dbp", "isolated"), [(140, 89.9, True), (140, 90, False), (139.9, 80, False)])
def test_borders_of_isolated_systolic(judge: Evaluate, sbp: float, dbp: float, isolated: bool) -> None:
    codes = {reason.code for reason in pressure(judge, sbp, dbp).reasons}
    assert ("isolated_systolic" in codes) == isolated


def test_reasons_name_the_deciding_pressure_in_both_languages(judge: Evaluate) -> None:
    result = pressure(judge, 125, 92)
    assert [(r.text.id, r.text.en) for r in result.reasons] == [
        ("90 ≤ diastolik 92 < 100 mmHg", "90 ≤ diastolic 92 < 100 mmHg")
    ]
    assert len(pressure(judge, 145, 95).reasons) == 2


def test_high_normal_is_measured_again_after_a_month(judge: Evaluate) -> None:
    repeat = next(a for a in pressure(judge, 135, 80).actions if a.code == "REPEAT")
    assert repeat.after_days == 30


def test_an_overlay_adds_its_actions_to_those_of_the_grade(packs: Packs) -> None:
    pressures = pack_of(packs, "blood_pressure")
    [overlay] = form_of(packs, "blood_pressure").overlays
    visit = Action(code="HOME_VISIT", label=Text("Kunjungan rumah", "Home visit"))
    form = pressures.form.model_copy(update={"overlays": (overlay.model_copy(update={"actions": (visit,)}),)})
    outcome = judged_alone(pressures, 40, {"sbp": 150.0, "dbp": 80.0}, form)
    assert isinstance(outcome, Result)
    assert [action.code for action in outcome.actions] == ["REFER_PUSKESMAS", "HOME_VISIT"]


@pytest.mark.parametrize(("on", "judged"), [(date(2025, 11, 21), False), (date(2025, 11, 22), True)])
def test_meant_for_adults_from_the_eighteenth_birthday(judge: Evaluate, on: date, judged: bool) -> None:
    evaluation = judge({"sbp": 110, "dbp": 70}, on, sex="male", birth_date="2007-11-22")
    seen = {r.code for r in evaluation.results} | {n.code for n in evaluation.not_evaluated}
    assert ("blood_pressure" in seen) == judged


def test_a_band_s_own_source_goes_before_that_of_the_pack() -> None:
    pressures = pack_of(in_force(), "blood_pressure")
    pack = form_of(in_force(), "blood_pressure")
    own = pack.bands[0].model_copy(update={"source": "another source", "verified": not pack.verified})
    changed = pack.model_copy(update={"bands": (own, *pack.bands[1:])})
    for sbp, expected in ((110.0, ("another source", not pack.verified)), (125.0, (pack.source, pack.verified))):
        outcome = judged_alone(pressures, 40, {"sbp": sbp, "dbp": 70.0}, changed)
        assert isinstance(outcome, Result)
        assert (outcome.policy.source, outcome.policy.verified) == expected


@pytest.mark.parametrize(
    ("observations", "category"),
    [
        ({"sbp": 139.9}, None),
        ({"sbp": 140}, "ht_1"),
        ({"sbp": 180}, "ht_3"),
        ({"dbp": 89.9}, None),
        ({"dbp": 90}, "ht_1"),
        ({"dbp": 110}, "ht_3"),
    ],
)
def test_one_pressure_alone_decides_or_is_measured_again(
    judge: Evaluate, observations: dict[str, float], category: str | None
) -> None:
    evaluation = judge(observations, sex="female", age_months=480)
    if category is not None:
        [result] = evaluation.results
        assert (result.category, result.policy.verified, result.policy.version) == (category, False, "2026.2")
        assert [action.code for action in result.actions] == ["REFER_PUSKESMAS"]
    else:
        [question] = [each for each in evaluation.not_evaluated if each.code == "blood_pressure"]
        assert [action.code for action in question.actions] == ["REPEAT"]
        assert not evaluation.results


@given(sbp=st.integers(140, 300), dbp=st.integers(20, 130))
def test_a_second_value_never_makes_the_grade_of_one_milder(sbp: int, dbp: int) -> None:
    pressures = pack_of(in_force(), "blood_pressure")
    alone = judged_alone(pressures, 40, {"sbp": float(sbp)})
    both = judged_alone(pressures, 40, {"sbp": float(sbp), "dbp": float(dbp)})
    assert isinstance(alone, Result)
    assert isinstance(both, Result)
    assert ORDER.index(both.category or "") >= ORDER.index(alone.category or "")


def test_a_pack_without_a_rule_for_one_pressure_leaves_it_open(packs: Packs) -> None:
    before = form_of(packs, "blood_pressure").model_copy(update={"partial": None})
    assert isinstance(judged_alone(pack_of(packs, "blood_pressure"), 40, {"sbp": 190.0}, before), NotEvaluated)
