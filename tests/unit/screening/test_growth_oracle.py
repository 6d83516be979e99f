"""Whole evaluations against a second, direct computation of the WHO rules from the table file."""

from math import floor

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ilp_screening.rules.engine import evaluate
from ilp_screening.rules.models import Subject
from tests.unit.screening.conftest import WhoRows
from tests.unit.screening.judging import in_force

Row = tuple[float, float, float]
# result code -> (2006 table, 2007 table, restricted form)
INDICATORS = {
    "weight_for_age": ("wfa", "wfa", True),
    "length_height_for_age": ("lhfa", "hfa", False),
    "bmi_for_age": ("bmifa", "bmifa", True),
    "head_circumference_for_age": ("hcfa", None, False),
    "muac_for_age": ("acfa", None, True),
    "triceps_for_age": ("tsfa", None, True),
    "subscapular_for_age": ("ssfa", None, True),
}

MEASURED = {
    "head_circumference_for_age": "head_circumference_cm",
    "muac_for_age": "muac_cm",
    "triceps_for_age": "triceps_skinfold_mm",
    "subscapular_for_age": "subscapular_skinfold_mm",
}


def z_by_hand(y: float, row: Row, restricted: bool) -> float:
    power, median, spread = row
    z = ((y / median) ** power - 1) / (power * spread)
    if restricted and abs(z) > 3:
        side = 1 if z > 0 else -1
        sd2, sd3 = (median * (1 + power * spread * side * n) ** (1 / power) for n in (2, 3))
        z = side * (3 + (y - sd3) / (sd3 - sd2))
    return float(z)


def row_of(rows: list[tuple[float, float, float, float]], x: float) -> Row | None:
    low = floor(x - rows[0][0])
    if low < 0 or x > rows[-1][0]:
        return None
    here = rows[low][1:]
    if x == rows[low][0]:
        return here
    above, part = rows[low + 1][1:], x - rows[low][0]
    a, b, c = (p + part * (q - p) for p, q in zip(here, above, strict=True))
    return a, b, c


def rows_for(who_rows: WhoRows, sex: str, days: int) -> dict[str, Row | None]:
    young = days < 60 * 30.4375
    x = days if young else days / 30.4375
    standard = "WHO2006" if young else "WHO2007"
    rows = {
        code: row_of(who_rows[standard, table, sex[0].upper()], x)
        for code, (first, second, _) in INDICATORS.items()
        if (table := first if young else second)
    }
    if x > 120 and not young:
        rows.pop("weight_for_age")
    return rows


def measurements(rows: dict[str, Row | None], factor: float, stretch: float) -> dict[str, float]:
    stature_row, mass_row = rows["length_height_for_age"], rows["bmi_for_age"]
    assert stature_row is not None
    assert mass_row is not None
    stature = stature_row[1] * stretch
    measured = {"length_height_cm": stature, "weight_kg": mass_row[1] * (stature / 100) ** 2 * factor}
    for code, name in MEASURED.items():
        if row := rows.get(code):
            measured[name] = row[1] * (stretch if name.startswith("head") else factor)
    return measured


def value_of(code: str, measured: dict[str, float]) -> float:
    stature, weight = measured["length_height_cm"], measured["weight_kg"]
    if code == "bmi_for_age":
        return weight / (stature / 100) ** 2
    name = {"weight_for_age": "weight_kg", "length_height_for_age": "length_height_cm"}.get(code) or MEASURED[code]
    return measured[name]


@given(
    sex=st.sampled_from(["male", "female"]),
    days=st.integers(0, 6939),
    factor=st.floats(0.75, 1.35),
    stretch=st.floats(0.85, 1.15),
)
@settings(max_examples=300)
def test_every_score_equals_the_direct_computation(
    who_rows: WhoRows, sex: str, days: int, factor: float, stretch: float
) -> None:
    rows = rows_for(who_rows, sex, days)
    measured = measurements(rows, factor, stretch)
    evaluation = evaluate(in_force(), Subject.model_validate({"sex": sex, "age_days": days}), None, measured)
    scores = {r.code: r.z for r in evaluation.results if r.code in INDICATORS}
    expected = {
        code: z_by_hand(value_of(code, measured), row, INDICATORS[code][2])
        for code, row in rows.items()
        if row is not None
    }
    assert scores.keys() == expected.keys()
    for code, z in expected.items():
        assert scores[code] == pytest.approx(z, abs=0.005001), code
