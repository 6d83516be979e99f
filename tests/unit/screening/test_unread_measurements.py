"""No measurement is passed over in silence: one that no table or rule reads at an age is named, with the reason."""

import pytest

from tests.unit.screening.conftest import Evaluate

EVERYTHING = {
    "weight_kg": 12.0,
    "length_height_cm": 90.0,
    "head_circumference_cm": 48.0,
    "muac_cm": 15.0,
    "triceps_skinfold_mm": 9.0,
    "subscapular_skinfold_mm": 7.0,
    "sbp": 120,
    "dbp": 80,
}


@pytest.mark.parametrize(
    ("months", "unread"),
    [
        (1, {"muac_cm", "triceps_skinfold_mm", "subscapular_skinfold_mm", "sbp", "dbp"}),
        (30, {"sbp", "dbp"}),
        (90, {"head_circumference_cm", "muac_cm", "triceps_skinfold_mm", "subscapular_skinfold_mm", "sbp", "dbp"}),
        (480, set(EVERYTHING) - {"sbp", "dbp", "weight_kg", "length_height_cm"}),
    ],
)
def test_what_nothing_reads_at_an_age_is_named(judge: Evaluate, months: int, unread: set[str]) -> None:
    evaluation = judge(EVERYTHING, sex="female", age_months=months)
    named = {item.code: item for item in evaluation.not_evaluated if item.reason == "no_table_at_age"}
    assert set(named) == unread
    assert all(item.missing == () and item.text.id and item.text.en for item in named.values())


def test_what_is_read_or_merely_incomplete_is_not_named(judge: Evaluate) -> None:
    evaluation = judge({"sbp": 120}, sex="female", age_months=480)
    reasons = {(item.code, item.reason) for item in evaluation.not_evaluated}
    assert ("blood_pressure", "missing_input") in reasons
    assert not any(reason == "no_table_at_age" for _, reason in reasons)
    assert judge({"cough": True}, sex="female", age_months=30).not_evaluated
    answers = judge({"cough": True, "height_posture": "lying"}, sex="female", age_months=480)
    assert not any(item.reason == "no_table_at_age" for item in answers.not_evaluated), "answers are no measurements"


@pytest.mark.parametrize(
    ("code", "months"), [("night_sweats", 30), ("listless", 480), ("fever_gt_2w", 480), ("bilateral_oedema", 480)]
)
def test_a_complaint_that_no_rule_reads_is_named_and_a_no_is_not(judge: Evaluate, code: str, months: int) -> None:
    for answer, named in ((True, [code]), (False, [])):
        evaluation = judge({code: answer}, sex="female", age_months=months)
        unread = [item.code for item in evaluation.not_evaluated if item.reason == "no_table_at_age"]
        assert unread == named
        assert [warning.pointer for warning in evaluation.warnings] == [f"/observations/{name}" for name in named]
