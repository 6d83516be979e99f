"""The borders of the growth rules: posture, ages, tables, bands, flags and oedema, through evaluate()."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ilp_screening.rules.age import age_between, age_from_days, age_from_months
from ilp_screening.rules.contents import Packs
from ilp_screening.rules.engine import evaluate
from ilp_screening.rules.lms.posture import Stature, stature
from ilp_screening.rules.models import Evaluation, Result, Subject
from tests.unit.screening.conftest import Evaluate, WhoRows
from tests.unit.screening.judging import form_of, in_force

MONTH = 30.4375


def one(evaluation: Evaluation, code: str) -> Result:
    return next(result for result in evaluation.results if result.code == code)


def codes(evaluation: Evaluation) -> set[str]:
    return {r.code for r in evaluation.results} | {n.code for n in evaluation.not_evaluated}


def plain_z(y: float, lms: tuple[float, float, float]) -> float:
    power, median, spread = lms
    return float(((y / median) ** power - 1) / (power * spread))


@pytest.mark.parametrize(
    ("days", "posture", "used"),
    [
        (730, "lying", 84.0),
        (730, None, 84.0),
        (730, "standing", 84.7),
        (731, "standing", 84.0),
        (731, None, 84.0),
        (731, "lying", 83.3),
        (273, "standing", 84.0),  # 273 days are 8.97 months: standing is not believed
        (274, "standing", 84.7),
    ],
)
def test_posture_moves_the_stature_by_seven_millimetres(
    judge: Evaluate, who_rows: WhoRows, days: int, posture: str | None, used: float
) -> None:
    given_posture = {} if posture is None else {"height_posture": posture}
    evaluation = judge({"length_height_cm": 84.0, "weight_kg": 11.0, **given_posture}, sex="female", age_days=days)
    height = one(evaluation, "length_height_for_age")
    assert height.z == pytest.approx(plain_z(used, who_rows["WHO2006", "lhfa", "F"][days][1:]), abs=0.0051)
    table, first = ("wfl", 45.0) if days < 731 else ("wfh", 65.0)
    weight = one(evaluation, "weight_for_length_height")
    expected = plain_z(11.0, who_rows["WHO2006", table, "F"][round((used - first) * 10)][1:])
    assert weight.z == pytest.approx(expected, abs=0.0051)
    bmi = one(evaluation, "bmi_for_age")
    expected = plain_z(11.0 / (used / 100) ** 2, who_rows["WHO2006", "bmifa", "F"][days][1:])
    assert bmi.z == pytest.approx(expected, abs=0.0051)
    corrected = any(reason.code == "posture_corrected" for reason in height.reasons)
    assert corrected == (used != 84.0)


@pytest.mark.parametrize(
    ("posture", "months", "expected"),
    [
        ("lying", 23, Stature(80, "none")),
        (None, 23, Stature(80, "none")),
        ("standing", 8.9, Stature(80, "standing_ignored")),
        ("standing", 9, Stature(80.7, "standing_to_length")),
        ("lying", 25, Stature(79.3, "lying_to_height")),
        ("standing", 25, Stature(80, "none")),
        (None, 25, Stature(80, "none")),
    ],
)
def test_the_correction_of_a_stature_is_named(
    packs: Packs, posture: str | None, months: float, expected: Stature
) -> None:
    assert stature(80, posture, age_from_months(months, MONTH), form_of(packs, "growth").posture) == expected


@pytest.mark.parametrize(("days", "standard"), [(1826, "WHO2006"), (1827, "WHO2007")])
def test_the_standard_changes_at_sixty_months(judge: Evaluate, days: int, standard: str) -> None:
    observations = {"weight_kg": 18, "length_height_cm": 109, "head_circumference_cm": 50, "muac_cm": 16}
    evaluation = judge(observations, sex="male", age_days=days)
    assert {r.standard for r in evaluation.results} == {standard}
    under_five = {"weight_for_length_height", "head_circumference_for_age", "muac_for_age"}
    assert (under_five <= codes(evaluation)) == (standard == "WHO2006")
    assert bool(under_five & codes(evaluation)) == (standard == "WHO2006")


def test_sixty_months_given_as_months_is_the_second_standard(judge: Evaluate) -> None:
    assert one(judge({"weight_kg": 18}, sex="male", age_months=59.999), "weight_for_age").standard == "WHO2006"
    assert one(judge({"weight_kg": 18}, sex="male", age_months=60), "weight_for_age").standard == "WHO2007"


@pytest.mark.parametrize(
    ("months", "expected"),
    [
        (120, {"weight_for_age", "length_height_for_age", "bmi_for_age"}),
        (120.01, {"length_height_for_age", "bmi_for_age"}),
        (228, {"length_height_for_age", "bmi_for_age"}),
        (228.01, set()),
    ],
)
def test_upper_ends_of_the_second_standard(judge: Evaluate, months: float, expected: set[str]) -> None:
    evaluation = judge({"weight_kg": 45, "length_height_cm": 150}, sex="female", age_months=months)
    assert {r.code for r in evaluation.results if r.standard is not None} == expected


@pytest.mark.parametrize(("days", "judged"), [(90, False), (91, True), (1826, True)])
def test_arm_and_skinfold_tables_start_at_day_91(judge: Evaluate, days: int, judged: bool) -> None:
    evaluation = judge(
        {"muac_cm": 14, "triceps_skinfold_mm": 9, "subscapular_skinfold_mm": 7}, sex="male", age_days=days
    )
    answered = {"muac_for_age", "triceps_for_age", "subscapular_for_age"} & codes(evaluation)
    assert len(answered) == (3 if judged else 0)


@pytest.mark.parametrize(
    ("days", "posture", "cm", "inside"),
    [
        (100, "lying", 45.0, True),
        (100, "lying", 44.9, False),
        (700, "lying", 110.0, True),
        (700, "lying", 110.1, False),
        (700, "standing", 109.3, True),
        (700, "standing", 109.4, False),
        (800, "standing", 65.0, True),
        (800, "standing", 64.9, False),
        (800, "lying", 65.7, True),
        (800, "lying", 65.6, False),
        (800, "standing", 120.0, True),
        (800, "standing", 120.05, False),
    ],
)
def test_weight_for_length_ends_with_its_table(
    judge: Evaluate, days: int, posture: str, cm: float, inside: bool
) -> None:
    observations = {"weight_kg": 8, "length_height_cm": cm, "height_posture": posture}
    evaluation = judge(observations, sex="male", age_days=days)
    assert ("weight_for_length_height" in {r.code for r in evaluation.results}) == inside
    if not inside:
        item = next(n for n in evaluation.not_evaluated if n.code == "weight_for_length_height")
        assert (item.reason, item.missing) == ("outside_table", ())


def test_weight_for_length_is_interpolated_between_millimetres(judge: Evaluate, who_rows: WhoRows) -> None:
    rows = who_rows["WHO2006", "wfl", "M"]
    low, high = rows[200][1:], rows[201][1:]
    middle = tuple(a + 0.5 * (b - a) for a, b in zip(low, high, strict=True))
    result = one(
        judge({"weight_kg": 6.5, "length_height_cm": 65.05}, sex="male", age_days=200), "weight_for_length_height"
    )
    assert result.z == pytest.approx(plain_z(6.5, (middle[0], middle[1], middle[2])), abs=0.0051)


@given(days=st.integers(0, 1826), sex=st.sampled_from(["male", "female"]), low=st.floats(2, 20), step=st.floats(0, 5))
def test_more_weight_never_lowers_a_weight_score(days: int, sex: str, low: float, step: float) -> None:
    def scores(weight: float) -> dict[str, float | None]:
        subject = Subject.model_validate({"sex": sex, "age_days": days})
        evaluation = evaluate(in_force(), subject, None, {"weight_kg": weight, "length_height_cm": 75})
        return {r.code: r.z for r in evaluation.results if r.code != "length_height_for_age"}

    lighter, heavier = scores(low), scores(low + step)
    assert lighter.keys() == heavier.keys()
    assert len(lighter) == 3
    for code, z in lighter.items():
        assert z is not None
        assert z <= (heavier[code] or 0.0)


@pytest.mark.parametrize(
    ("months", "muac", "category"),
    [(5.99, 11.0, None), (6, 11.49, "sam"), (6, 11.5, "mam"), (30, 12.49, "mam"), (59.9, 12.5, "normal")],
)
def test_arm_circumference_is_judged_on_centimetres_from_six_months(
    judge: Evaluate, months: float, muac: float, category: str | None
) -> None:
    result = one(judge({"muac_cm": muac}, sex="female", age_months=months), "muac_for_age")
    assert result.category == category
    assert result.z is not None


@pytest.mark.parametrize(
    ("target", "category"),
    [
        (-3.01, "wfa_severely_underweight"),
        (-3, "wfa_underweight"),
        (-2.01, "wfa_underweight"),
        (-2, "wfa_normal"),
        (1, "wfa_normal"),
        (1.01, "wfa_risk_overweight"),
    ],
)
def test_weight_bands_judge_the_rounded_score(judge: Evaluate, who_rows: WhoRows, target: float, category: str) -> None:
    power, median, spread = who_rows["WHO2006", "wfa", "F"][400][1:]
    weight = median * (1 + power * spread * target) ** (1 / power)
    result = one(judge({"weight_kg": weight}, sex="female", age_days=400), "weight_for_age")
    assert result.z == pytest.approx(target, abs=0.006)
    assert result.category == category


def test_category_months_of_school_age(judge: Evaluate) -> None:
    def categories(months: float) -> dict[str, str | None]:
        evaluation = judge({"weight_kg": 20, "length_height_cm": 115}, sex="male", age_months=months)
        return {r.code: r.category for r in evaluation.results}

    assert categories(60.9) == {
        "weight_for_age": "wfa_normal",
        "length_height_for_age": "hfa_normal",
        "bmi_for_age": "bmifa_normal",
    }
    assert categories(61) == {"weight_for_age": None, "length_height_for_age": None, "bmi_for_age": "bmifa_normal"}
    assert categories(216.9)["bmi_for_age"] is not None
    assert categories(217)["bmi_for_age"] is None
    null = one(judge({"length_height_cm": 115}, sex="male", age_months=61), "length_height_for_age")
    assert (null.result_class, null.policy.verified, null.actions) == (None, False, ())


def test_implausible_scores_keep_z_but_no_category_and_ask_for_a_new_measurement(judge: Evaluate) -> None:
    evaluation = judge({"weight_kg": 30, "length_height_cm": 80}, sex="female", age_days=600)
    weight = one(evaluation, "weight_for_age")
    assert weight.z is not None
    assert weight.z > 5
    assert (weight.flag, weight.category) == ("implausible", None)
    assert [action.code for action in weight.actions] == ["REPEAT"]
    assert one(evaluation, "length_height_for_age").flag is None


def test_an_implausible_wasting_escalates_nothing(judge: Evaluate) -> None:
    """3 kg at 70 cm and 7 months: below 4 kg would go to hospital, if the measurements could be believed."""
    wasting = one(judge({"weight_kg": 3, "length_height_cm": 70}, sex="male", age_months=7), "weight_for_length_height")
    assert (wasting.flag, wasting.category) == ("implausible", None)
    assert [action.code for action in wasting.actions] == ["REPEAT"]
    assert "escalation" not in {reason.code for reason in wasting.reasons}


@pytest.mark.parametrize(
    ("observations", "expected"),
    [
        ({"bilateral_oedema": True}, {"weight_for_length_height"}),
        ({"bilateral_oedema": True, "weight_kg": 9}, {"weight_for_length_height", "weight_for_age"}),
    ],
)
def test_oedema_alone_is_severe_wasting(judge: Evaluate, observations: dict[str, object], expected: set[str]) -> None:
    evaluation = judge(observations, sex="male", age_months=20)
    assert {r.code for r in evaluation.results} == expected
    for result in evaluation.results:
        assert (result.z, result.flag, result.result_class) == (None, "oedema", "disease_suspected")
    assert one(evaluation, "weight_for_length_height").category == "wfh_severely_wasted"


def test_ages_in_days_months_and_dates() -> None:
    assert age_from_months(24, MONTH).days == 731  # 730.5 rounded half up
    assert age_from_months(1.0, MONTH).days == 30
    assert age_from_days(730.5, MONTH).days == 731
    birth = date(2004, 2, 29)
    assert age_between(birth, date(2022, 2, 28), MONTH).years == 17
    assert age_between(birth, date(2022, 3, 1), MONTH).years == 18
    assert age_between(birth, birth + timedelta(days=731), MONTH).months == pytest.approx(731 / MONTH)
