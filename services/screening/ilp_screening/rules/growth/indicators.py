"""Judges every growth indicator that fits a child's age, by the tables and bands of the growth pack.

Rules: WHO Child Growth Standards 2006 and WHO Reference 2007 as in the WHO anthro and anthroplus R packages;
categories as the pack states. Category and flag are judged on the rounded z.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from ilp_screening.rules.bands import band_of, limits_reason, merged, number, policy_of
from ilp_screening.rules.forms import OEDEMA, Action, Band, BandList, CategoryUse, Indicator, TableUse
from ilp_screening.rules.growth import reasons
from ilp_screening.rules.growth.age import Age, Stature, stature
from ilp_screening.rules.growth.lms import rounded, z_score
from ilp_screening.rules.growth.tables import Growth
from ilp_screening.rules.models import Flag, NotEvaluated, Reason, Result
from ilp_screening.rules.not_evaluated import missing_input, outside_table
from ilp_screening.rules.observations import Value
from ilp_screening.rules.pack_forms import GrowthPack


@dataclass(frozen=True, slots=True)
class Child:
    """One child on one day: measurements by observation code and the stature moved to the age's posture."""

    sex: str
    age: Age
    measured: Mapping[str, Value]
    stature: Stature | None

    def quantity(self, name: str) -> float:
        """Return a measured quantity in the catalog's unit, the corrected stature, or BMI in kg/m²."""
        if name == "length_height_cm" and self.stature is not None:
            return self.stature.cm
        if name == "bmi":
            return self.quantity("weight_kg") / (self.quantity("length_height_cm") / 100) ** 2
        return float(self.measured[name])

    def position(self, axis: str) -> float:
        """Return the index at which to enter a table: age in days or months, or length/height in steps of 0.1 cm."""
        if axis == "age_days":
            return self.age.days
        if axis == "age_months":
            return self.age.months
        return round(self.quantity(axis) * 10, 6)


def evaluate_growth(
    growth: Growth, sex: str, age: Age, observations: Mapping[str, Value]
) -> tuple[list[Result], list[NotEvaluated], set[str]]:
    """Judge the indicators that fit the age.

    Returns their results, those without inputs or table rows, and the observation codes that they all read.
    """
    height = observations.get("length_height_cm")
    posture = observations.get("height_posture")
    corrected = None
    if isinstance(height, float):
        corrected = stature(height, posture if isinstance(posture, str) else None, age, growth.pack.posture)
    child = Child(sex, age, observations, corrected)
    results: list[Result] = []
    missing: list[NotEvaluated] = []
    read: set[str] = set()
    for indicator in growth.pack.indicators:
        use = _table_for(growth, indicator, child)
        if use is None:
            continue
        read.update(indicator.reads)
        outcome = _judge(growth, indicator, use, child)
        if isinstance(outcome, Result):
            results.append(outcome)
        else:
            missing.append(outcome)
    return results, missing, read


def _table_for(growth: Growth, indicator: Indicator, child: Child) -> TableUse | None:
    age = child.age
    for use in indicator.tables:
        if not use.months.contains(age.months) or (use.days is not None and not use.days.contains(age.days)):
            continue
        if use.axis == "length_height_cm":
            return use
        table = growth.tables[use.standard, use.table, child.sex]
        return use if table.start <= child.position(use.axis) <= table.stop else None
    return None


def _judge(growth: Growth, indicator: Indicator, use: TableUse, child: Child) -> Result | NotEvaluated:
    missing = tuple(code for code in indicator.inputs if code not in child.measured)
    oedema = child.measured.get(OEDEMA) is True and indicator.oedema != "none"
    if oedema and (not missing or indicator.oedema == "alone"):
        return _oedema_result(growth, indicator, use, child)
    if missing:
        return missing_input(indicator.code, missing)
    lms = growth.tables[use.standard, use.table, child.sex].at(child.position(use.axis))
    if lms is None:
        return outside_table(indicator.code)
    z = rounded(z_score(child.quantity(indicator.measure), lms, restricted=indicator.restricted))
    return _result(growth, indicator, use, child, z)


def _result(growth: Growth, indicator: Indicator, use: TableUse, child: Child, z: float) -> Result:
    category = _category_use(indicator, child.age)
    bands = growth.bands[category.bands] if category else None
    remark = f" ({use.standard[:3]} {use.standard[3:]})"
    if not indicator.plausible_z.contains(z):
        texts = [reasons.z_alone(number(z, 2), remark), reasons.implausible(indicator.plausible_z)]
        texts.extend(_posture(growth, indicator, child))
        return _assemble(growth.pack, indicator, use, child, Findings(z, "implausible", None, None, texts))
    value = z if category is None or category.judged == "z" else child.quantity(indicator.measure)
    band = band_of(value, bands) if bands else None
    texts = []
    if bands and band and category:
        amount = number(value, 2) if category.judged == "z" else number(value)
        texts.append(limits_reason(bands.symbol, amount, band.when, remark if category.judged == "z" else ""))
    if category is None or category.judged == "measure":
        texts.append(reasons.z_alone(number(z, 2), remark))
    if category is None:
        texts.append(reasons.NO_CATEGORY)
    texts.extend(_posture(growth, indicator, child))
    return _assemble(growth.pack, indicator, use, child, Findings(z, None, bands, band, texts))


def _posture(growth: Growth, indicator: Indicator, child: Child) -> tuple[Reason, ...]:
    if "length_height_cm" not in indicator.inputs or child.stature is None:
        return ()
    return reasons.posture(child.stature.correction, growth.pack.posture)


def _oedema_result(growth: Growth, indicator: Indicator, use: TableUse, child: Child) -> Result:
    category = _category_use(indicator, child.age)
    bands = growth.bands[category.bands] if category else None
    severest = bands.bands[0] if bands else None
    texts = [reasons.OEDEMA] if severest else [reasons.OEDEMA, reasons.NO_CATEGORY]
    return _assemble(growth.pack, indicator, use, child, Findings(None, "oedema", bands, severest, texts))


def _category_use(indicator: Indicator, age: Age) -> CategoryUse | None:
    for use in indicator.categories:
        if use.months.contains(age.months):
            return use
    return None


class Findings(NamedTuple):
    """The findings on one indicator before they become text and actions."""

    z: float | None
    flag: Flag | None
    bands: BandList | None
    band: Band | None
    texts: list[Reason]


def _assemble(pack: GrowthPack, indicator: Indicator, use: TableUse, child: Child, findings: Findings) -> Result:
    common = {"code": indicator.code, "standard": use.standard, "z": findings.z, "flag": findings.flag}
    band, bands = findings.band, findings.bands
    if findings.flag == "implausible":
        # A measurement that cannot be right has no category and refers no child: it is taken again.
        return Result(
            **common,
            label=pack.implausible_label,
            reasons=tuple(findings.texts),
            actions=pack.implausible_actions,
            policy=policy_of(pack, pack.source, verified=False),
        )
    if band is None or bands is None:
        return Result(**common, reasons=tuple(findings.texts), policy=policy_of(pack, pack.source, verified=False))
    escalated = _escalations(band, child)
    return Result(
        **common,
        category=band.code,
        label=band.label,
        result_class=band.result_class,
        reasons=(*findings.texts, *(reason for reason, _ in escalated)),
        actions=merged(band.actions, *(actions for _, actions in escalated)),
        policy=policy_of(pack, bands.source, bands.verified, band),
    )


def _escalations(band: Band, child: Child) -> list[tuple[Reason, tuple[Action, ...]]]:
    weight = child.measured.get("weight_kg")
    return [
        (Reason(code="escalation", text=case.text), case.actions)
        for case in band.escalations
        if case.months.contains(child.age.months)
        and (case.weight_kg is None or (isinstance(weight, float) and case.weight_kg.contains(weight)))
    ]
