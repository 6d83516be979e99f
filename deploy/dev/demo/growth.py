"""Plausible measurements: children from the WHO tables with noise, adults with a blood pressure that rises with age.

Height-for-age is drawn so that about 15 % of the measured children are stunted, unless the caller knows the child's
own z-score (`trends`). The tables are the ones the
screening service ships; this module reads their file, not its code.
"""

from __future__ import annotations

import csv
import gzip
import random
from dataclasses import dataclass
from functools import cache

from deploy.dev.config import ROOT

TABLES = ROOT / "services/screening/ilp_screening/packs/growth/who_growth_lms.csv.gz"
STANDING_FROM_DAYS = 731
HEIGHT_Z = (-0.86, 1.1)  # mean and deviation: 15 % lie below -2
WEIGHT_Z = (-0.3, 0.95)
WASTED_Z = -3.5
Lms = tuple[float, float, float]


@dataclass(frozen=True)
class Child:
    """The attributes that a measurement depends on."""

    sex: str
    age_days: int


@cache
def tables() -> dict[tuple[str, str, float], Lms]:
    """Return L, M, S of WHO 2006 by indicator, sex and age in days (or length in cm)."""
    with gzip.open(TABLES, "rt", encoding="utf-8", newline="") as file:
        return {
            (row["indicator"], row["sex"], float(row["x"])): (float(row["L"]), float(row["M"]), float(row["S"]))
            for row in csv.DictReader(file)
            if row["standard"] == "WHO2006"
        }


def value_at(indicator: str, sex: str, x: float, z: float) -> float:
    """Return the measurement that has this z-score, by the LMS formula."""
    power, median, spread = tables()[indicator, "F" if sex == "female" else "M", x]
    value: float = median * (1 + power * spread * z) ** (1 / power)
    return value


def measure_child(
    child: Child, chance: random.Random, *, wasted: bool, height_z: float | None = None
) -> dict[str, object]:
    """Return weight and length of a child up to 60 months (kg, cm), sometimes arm and head; some are only weighed."""
    standing = child.age_days >= STANDING_FROM_DAYS
    height_z = _between(chance.gauss(*HEIGHT_Z) if height_z is None else height_z, -3.8, 3)
    weight_z = WASTED_Z if wasted else _between(chance.gauss(*WEIGHT_Z), -2.9, 2.5)
    height = round(value_at("lhfa", child.sex, child.age_days, height_z), 1)
    measurements: dict[str, object] = {"weight_kg": _weight(child.sex, height, weight_z, standing=standing)}
    if wasted or chance.random() > 0.08:
        measurements |= {"length_height_cm": height, "height_posture": "standing" if standing else "lying"}
    if child.age_days >= 183 and chance.random() < 0.6:
        measurements["muac_cm"] = round(value_at("acfa", child.sex, child.age_days, weight_z * 0.8), 1)
    if not standing and chance.random() < 0.4:
        measurements["head_circumference_cm"] = round(
            value_at("hcfa", child.sex, child.age_days, chance.gauss(0, 0.7)), 1
        )
    if wasted:
        measurements["bilateral_oedema"] = False
    return measurements


def _weight(sex: str, height: float, z: float, *, standing: bool) -> float:
    if standing:
        return round(value_at("wfh", sex, _between(height, 65.0, 120.0), z), 1)
    return round(value_at("wfl", sex, _between(height, 45.0, 110.0), z), 1)


def measure_adult(age_years: int, chance: random.Random, *, severe: bool) -> dict[str, object]:
    """Return systolic and diastolic blood pressure in mmHg."""
    if severe:
        return {"sbp": chance.randint(182, 204), "dbp": chance.randint(112, 124)}
    systolic = round(_between(chance.gauss(112 + 0.35 * (age_years - 20), 14), 92, 178))
    diastolic = round(_between(systolic * 0.62 + chance.gauss(0, 5), 55, min(108, systolic - 25)))
    return {"sbp": systolic, "dbp": diastolic}


def answer_tb(*, child: bool, suspect: bool) -> dict[str, object]:
    """Return answers to the TB questions, as far as the rule needs them."""
    answers: dict[str, object] = {"cough": suspect, "close_contact_tb": False}
    if suspect:
        answers |= {"cough_ge_2w": True, "fever": True}
    if child:
        answers |= {"fever": suspect, "weight_loss_or_no_gain_2mo": suspect, "listless": False}
    elif suspect:
        answers |= {"night_sweats": True}
    return answers


def _between(value: float, low: float, high: float) -> float:
    return min(max(value, low), high)
