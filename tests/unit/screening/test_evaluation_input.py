"""Refusals of evaluate(): wrong codes, types, values and ages, each with its pointer and both languages."""

from datetime import date, datetime

import pytest
from pydantic import ValidationError

from ilp_screening.evaluations.schemas import EvaluationInput
from ilp_screening.rules.errors import InvalidInputError
from ilp_screening.rules.models import Subject
from tests.unit.screening.conftest import Evaluate

NAN = float("nan")
INFINITE = float("inf")


def faults(judge: Evaluate, observations: dict[str, object], **subject: object) -> list[tuple[str, str]]:
    with pytest.raises(InvalidInputError) as caught:
        judge(observations, **({"sex": "male", "age_days": 400} | subject))
    assert all(problem.message.id and problem.message.en for problem in caught.value.problems)
    return [(problem.pointer, problem.code) for problem in caught.value.problems]


@pytest.mark.parametrize(
    ("code", "value", "kind"),
    [
        ("weight_kg", NAN, "not_finite"),
        ("weight_kg", INFINITE, "not_finite"),
        ("weight_kg", -INFINITE, "not_finite"),
        ("weight_kg", True, "not_a_number"),
        ("weight_kg", "10.4", "not_a_number"),
        ("weight_kg", None, "not_a_number"),
        ("weight_kg", [10], "not_a_number"),
        ("weight_kg", 0, "impossible_value"),
        ("weight_kg", -3, "impossible_value"),
        ("weight_kg", 0.19, "impossible_value"),
        ("weight_kg", 300.1, "impossible_value"),
        ("weight_kg", 10**400, "impossible_value"),
        ("length_height_cm", 19.9, "impossible_value"),
        ("sbp", 301, "impossible_value"),
        ("bilateral_oedema", 1, "not_a_boolean"),
        ("bilateral_oedema", "true", "not_a_boolean"),
        ("cough", None, "not_a_boolean"),
        ("height_posture", "sitting", "not_a_listed_code"),
        ("height_posture", True, "not_a_listed_code"),
    ],
)
def test_refused_values(judge: Evaluate, code: str, value: object, kind: str) -> None:
    assert faults(judge, {code: value}) == [(f"/observations/{code}", kind)]


@pytest.mark.parametrize("weight", [0.5, 300, 10])
def test_ends_of_the_possible_range_are_accepted(judge: Evaluate, weight: float) -> None:
    assert judge({"weight_kg": weight}, sex="male", age_days=400).results[0].code == "weight_for_age"


def test_every_fault_is_reported_at_once(judge: Evaluate) -> None:
    problems = faults(judge, {"weight_kg": "x", "a/b~c": 1, "muac_cm": 90}, age_months=3)
    assert problems == [
        ("/subject", "one_age_expected"),
        ("/observations/weight_kg", "not_a_number"),
        ("/observations/a~1b~0c", "unknown_observation"),
        ("/observations/muac_cm", "impossible_value"),
    ]


@pytest.mark.parametrize(("sbp", "dbp"), [(80, 120), (100, 100)])
def test_diastolic_must_be_below_systolic(judge: Evaluate, sbp: float, dbp: float) -> None:
    assert faults(judge, {"sbp": sbp, "dbp": dbp}) == [("/observations/dbp", "not_below")]


@pytest.mark.parametrize(
    ("subject", "on", "expected"),
    [
        ({}, None, ("/subject", "one_age_expected")),
        ({"age_days": 3, "age_months": 1}, None, ("/subject", "one_age_expected")),
        ({"birth_date": "2024-03-01"}, None, ("/occurred_on", "required")),
        ({"birth_date": "2024-03-01"}, date(2024, 2, 29), ("/occurred_on", "before_birth")),
        ({"birth_date": "1900-03-01"}, date(2030, 3, 2), ("/subject/birth_date", "impossible_value")),
        ({"age_days": -1}, None, ("/subject/age_days", "impossible_value")),
        ({"age_months": 2000}, None, ("/subject/age_months", "impossible_value")),
    ],
)
def test_refused_ages(judge: Evaluate, subject: dict[str, object], on: date | None, expected: tuple[str, str]) -> None:
    with pytest.raises(InvalidInputError) as caught:
        judge({}, on, sex="male", **subject)
    assert [(p.pointer, p.code) for p in caught.value.problems] == [expected]


def test_the_day_of_birth_is_an_age(judge: Evaluate) -> None:
    evaluation = judge({"weight_kg": 3.3}, date(2025, 11, 22), sex="male", birth_date="2025-11-22")
    assert evaluation.results[0].z is not None


@pytest.mark.parametrize(
    "subject",
    [
        {"sex": "other", "age_days": 3},
        {"age_days": 3},
        {"sex": "male", "age_days": "3"},
        {"sex": "male", "age_days": True},
        {"sex": "male", "age_days": NAN},
        {"sex": "male", "age_months": INFINITE},
        {"sex": "male", "birth_date": 19000},
        {"sex": "male", "birth_date": 1709251200},  # midnight of 1 March 2024 in seconds
        {"sex": "male", "birth_date": "2024-02-30"},
        {"sex": "male", "birth_date": datetime(2024, 3, 1, 8, 0)},  # noqa: DTZ001  # refused whatever its zone
        {"sex": "male", "age_days": 3, "name": "x"},
    ],
)
def test_shape_of_the_subject(subject: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        Subject.model_validate(subject)


def test_a_date_is_a_date_or_its_text() -> None:
    assert Subject.model_validate({"sex": "male", "birth_date": date(2024, 3, 1)}).birth_date == date(2024, 3, 1)
    with pytest.raises(ValidationError, match="a date written YYYY-MM-DD is expected"):
        Subject.model_validate({"sex": "male", "birth_date": "2024-3-1"})


def test_request_body_keeps_the_raw_observation_types() -> None:
    request = EvaluationInput.model_validate(
        {
            "subject": {"sex": "male", "birth_date": "2024-03-01"},
            "occurred_on": "2025-11-22",
            "observations": {"cough": True, "weight_kg": 10, "height_posture": "lying"},
        }
    )
    assert request.occurred_on == date(2025, 11, 22)
    assert [type(value) for value in request.observations.values()] == [bool, int, str]


@pytest.mark.parametrize(
    ("observations", "sentence"),
    [
        ({"sbp": 80, "dbp": 120}, "Tekanan darah diastolik (120) harus lebih rendah dari tekanan darah sistolik (80)"),
        ({"weight_kg": "9,4"}, "Harus berupa angka, tanpa tanda kutip dan dengan titik: 9.4."),
        ({"weight_kg": "berat"}, "Harus berupa angka."),
        ({"berat": 9.4}, "Kode pengamatan tidak dikenal; mungkin maksudnya weight_kg."),
        ({"wieght_kg": 9.4}, "Kode pengamatan tidak dikenal; mungkin maksudnya weight_kg."),
        ({"tinggi": 80}, "Kode pengamatan tidak dikenal; mungkin maksudnya length_height_cm."),
        ({"q" * 10_000: 1}, "Kode pengamatan tidak dikenal; daftarnya ada di GET /v1/packs."),
    ],
)
def test_a_refusal_says_what_to_do(judge: Evaluate, observations: dict[str, object], sentence: str) -> None:
    with pytest.raises(InvalidInputError) as refusal:
        judge(observations, sex="female", age_months=600)
    assert refusal.value.problems[0].message.id.startswith(sentence)
