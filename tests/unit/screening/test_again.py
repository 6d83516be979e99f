"""Measure again: what cannot be right has no category, refers no person, and says why; adults as well as children."""

from typing import Any

import pytest

from ilp_screening.rules.models import Evaluation, Result
from tests.unit.screening.conftest import Evaluate

WOMAN = {"sex": "female", "age_months": 12 * 36}
NEWBORN = {"sex": "female", "age_days": 1}


def one(evaluation: Evaluation, code: str) -> Result:
    return next(result for result in evaluation.results if result.code == code)


@pytest.mark.parametrize(
    ("observations", "code", "warned"),
    [
        ({"sbp": 50, "dbp": 20}, "blood_pressure", {"sbp", "dbp"}),
        ({"sbp": 69, "dbp": 50}, "blood_pressure", {"sbp"}),
        ({"sbp": 69}, "blood_pressure", {"sbp"}),
        ({"sbp": 261, "dbp": 120}, "blood_pressure", {"sbp"}),
        ({"sbp": 120, "dbp": 106}, "blood_pressure", {"sbp", "dbp"}),
        ({"weight_kg": 6.5, "length_height_cm": 165}, "body_mass_index", {"weight_kg"}),
        ({"weight_kg": 24, "length_height_cm": 190}, "body_mass_index", {"weight_kg", "length_height_cm"}),
        ({"cough": False, "cough_ge_2w": True}, "tb_symptoms", {"cough", "cough_ge_2w"}),
        ({"fever": False, "fever_gt_2w": True}, "tb_symptoms", {"fever", "fever_gt_2w"}),
    ],
)
def test_what_cannot_be_right_is_asked_for_again(
    judge: Evaluate, observations: dict[str, Any], code: str, warned: set[str]
) -> None:
    evaluation = judge(observations, **WOMAN)
    result = one(evaluation, code)
    assert (result.flag, result.category, result.result_class) == ("implausible", None, None)
    assert [action.code for action in result.actions] == ["REPEAT"]
    assert result.policy.verified is False
    assert evaluation.summary.colour == "grey"
    assert {warning.pointer.removeprefix("/observations/") for warning in evaluation.warnings} == warned


@pytest.mark.parametrize(
    ("observations", "code", "category"),
    [
        ({"sbp": 70, "dbp": 40}, "blood_pressure", "optimal"),
        ({"sbp": 260, "dbp": 150}, "blood_pressure", "ht_3"),
        ({"sbp": 120, "dbp": 105}, "blood_pressure", "ht_2"),
        ({"weight_kg": 20, "length_height_cm": 140}, "body_mass_index", "underweight"),
        ({"cough": True, "cough_ge_2w": True}, "tb_symptoms", "suspect"),
    ],
)
def test_what_is_unusual_but_plausible_is_judged(
    judge: Evaluate, observations: dict[str, Any], code: str, category: str
) -> None:
    assert one(judge(observations, **WOMAN), code).category == category


def test_a_child_is_held_against_no_range_of_adults(judge: Evaluate) -> None:
    evaluation = judge({"sbp": 50, "dbp": 20}, sex="female", age_months=3)
    assert not evaluation.results
    assert {item.reason for item in evaluation.not_evaluated if item.code in ("sbp", "dbp")} == {"no_table_at_age"}


def test_a_very_small_newborn_is_not_refused(judge: Evaluate) -> None:
    evaluation = judge({"weight_kg": 0.9, "length_height_cm": 34}, **NEWBORN)
    assert {result.code for result in evaluation.results} >= {"weight_for_age", "length_height_for_age"}


def test_the_reason_names_value_and_range_in_both_languages(judge: Evaluate) -> None:
    [pressure, *_] = judge({"sbp": 50.5, "dbp": 45}, **WOMAN).results
    assert [(reason.code, reason.text.id, reason.text.en) for reason in pressure.reasons] == [
        (
            "implausible",
            "sistolik 50,5 mmHg di luar rentang wajar (70–260): ukur ulang",
            "systolic 50.5 mmHg outside the plausible range (70–260): measure again",
        )
    ]
    [symptoms] = judge({"cough": False, "cough_ge_2w": True}, **WOMAN).results
    [reason] = symptoms.reasons
    assert reason.code == "contradiction"
    assert reason.text.en == "Cough of any duration: no, but Cough for 2 weeks or more: yes; ask again"
