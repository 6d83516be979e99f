"""Kind `lms`: measures judged by z-scores of LMS tables, each indicator that fits the age.

Rules: WHO Child Growth Standards 2006 and WHO Reference 2007 as in the WHO anthro and anthroplus R packages;
categories as the pack states. Category and flag are judged on the rounded z.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Final, Literal, NamedTuple

from pydantic import Field

from ilp_screening.rules.answers import Answer, Asked
from ilp_screening.rules.bands import Band, BandList, band_of, escalated, limits_reason, merged, number, policy_of
from ilp_screening.rules.case import Case
from ilp_screening.rules.lms import reasons
from ilp_screening.rules.lms.forms import (
    CategoryUse,
    Implausible,
    Indicator,
    PosturePolicy,
    Sign,
    TableFile,
    TableUse,
)
from ilp_screening.rules.lms.posture import Stature, stature
from ilp_screening.rules.lms.zscores import LmsTable, TableKey, z_score
from ilp_screening.rules.material import Material
from ilp_screening.rules.models import IMPLAUSIBLE, NotEvaluated, Reason, Result
from ilp_screening.rules.not_evaluated import missing_input, outside_table
from ilp_screening.rules.packs import PackHeader
from ilp_screening.rules.quantities import Derived, half_up

_Z_DECIMALS: Final = 2
_STEPS: Final = 10
"""Rows of a table by a quantity: one for each tenth."""
_POSITION_DECIMALS: Final = 6


class LmsPack(PackHeader):
    """Ukuran yang dinilai dengan z-score tabel LMS: indikator, tabel, dan rentangnya.

    Measures judged by z-scores of LMS tables: indicators, their tables and their bands.
    """

    kind: Literal["lms"]
    """Jenis aturan / kind of rules"""
    tables: TableFile
    """Berkas tabel LMS / file of LMS rows"""
    posture: PosturePolicy | None = None
    """Aturan panjang dan tinggi / convention of length and height"""
    sign: Sign | None = None
    """Tanda yang menentukan tanpa z / sign that decides without a z-score"""
    derived: tuple[Derived, ...] = ()
    """Besaran turunan / derived quantities"""
    indicators: tuple[Indicator, ...] = Field(min_length=1)
    """Indikator / questions"""
    bands: tuple[BandList, ...]
    """Daftar rentang / lists of ranges"""
    implausible: Implausible
    """Hasil untuk nilai tidak wajar / outcome of an implausible value"""

    @property
    def reads(self) -> frozenset[str]:
        """Every observation code that it reads."""
        posture = () if self.posture is None else (self.posture.observation,)
        return frozenset((*(code for asked in self.asked.values() for code in asked.reads), *posture))

    @cached_property
    def band_lists(self) -> Mapping[str, BandList]:
        """Lists of bands by code."""
        return {each.code: each for each in self.bands}

    @cached_property
    def quantities(self) -> Mapping[str, Derived]:
        """Derived quantities by code."""
        return {each.code: each for each in self.derived}

    @cached_property
    def asked(self) -> Mapping[str, Asked]:
        """The question of each indicator, by its code."""
        return {each.code: Asked(each.code, each.label, frozenset(self.order[each.code])) for each in self.indicators}

    @cached_property
    def order(self) -> Mapping[str, tuple[str, ...]]:
        """The observations of each indicator in the order in which they are named, by its code."""
        return {each.code: (*each.inputs, *self._sign_of(each)) for each in self.indicators}

    def _sign_of(self, indicator: Indicator) -> tuple[str, ...]:
        return () if self.sign is None or indicator.sign == "none" else (self.sign.observation,)


@dataclass(frozen=True, slots=True)
class Measured:
    """A case with its stature moved to the age's posture."""

    pack: LmsPack
    tables: Mapping[TableKey, LmsTable]
    case: Case
    stature: Stature | None

    def quantity(self, name: str) -> float:
        """Return a measured quantity in the catalog's unit, the corrected stature, or a derived quantity."""
        if self.stature is not None and self.pack.posture is not None and name == self.pack.posture.quantity:
            return self.stature.cm
        derived = self.pack.quantities.get(name)
        if derived is not None:
            return derived.of({code: self.quantity(code) for code in derived.reads})
        return float(self.case.values[name])

    def position(self, axis: str) -> float:
        """Return the index at which to enter a table: age in days or months, or a quantity in steps of 0.1."""
        if axis == "age_days":
            return self.case.age.days
        if axis == "age_months":
            return self.case.age.months
        return half_up(self.quantity(axis) * _STEPS, _POSITION_DECIMALS)

    @property
    def sign(self) -> Sign | None:
        """The pack's sign, where it was answered with yes."""
        sign = self.pack.sign
        return sign if sign is not None and self.case.values.get(sign.observation) is True else None


def judge(pack: LmsPack, material: Material, case: Case) -> list[Answer]:
    """Return the answers of the indicators that fit the age."""
    measured = Measured(pack, material.tables, case, _stature(pack, case))
    answers = []
    for indicator in pack.indicators:
        use = _table_for(measured, indicator)
        if use is not None:
            answers.append(Answer(pack.asked[indicator.code], _outcome(measured, indicator, use)))
    return answers


def _stature(pack: LmsPack, case: Case) -> Stature | None:
    policy = pack.posture
    height = None if policy is None else case.values.get(policy.quantity)
    if policy is None or not isinstance(height, float):
        return None
    posture = case.values.get(policy.observation)
    return stature(height, posture if isinstance(posture, str) else None, case.age, policy)


def _table_for(measured: Measured, indicator: Indicator) -> TableUse | None:
    age = measured.case.age
    for use in indicator.tables:
        if not use.months.contains(age.months) or (use.days is not None and not use.days.contains(age.days)):
            continue
        if use.axis not in ("age_days", "age_months"):
            return use
        table = measured.tables[use.standard, use.table, measured.case.sex]
        return use if table.start <= measured.position(use.axis) <= table.stop else None
    return None


def _outcome(measured: Measured, indicator: Indicator, use: TableUse) -> Result | NotEvaluated:
    values = measured.case.values
    missing = tuple(code for code in indicator.inputs if code not in values)
    if measured.sign is not None and (indicator.sign == "alone" or (indicator.sign == "with_inputs" and not missing)):
        return _by_sign(measured, measured.sign, indicator, use)
    if missing:
        return missing_input(indicator.code, missing)
    lms = measured.tables[use.standard, use.table, measured.case.sex].at(measured.position(use.axis))
    if lms is None:
        return outside_table(indicator.code)
    z = half_up(z_score(measured.quantity(indicator.measure), lms, restricted=indicator.restricted), _Z_DECIMALS)
    return _by_z(measured, indicator, use, z)


def _by_z(measured: Measured, indicator: Indicator, use: TableUse, z: float) -> Result:
    category = _category_use(indicator, measured.case)
    bands = measured.pack.band_lists[category.bands] if category else None
    remark = f" ({use.standard[:3]} {use.standard[3:]})"
    if not indicator.plausible_z.contains(z):
        texts = [reasons.z_alone(number(z, 2), remark), reasons.implausible(indicator.plausible_z)]
        texts.extend(_posture(measured, indicator))
        return _assembled(measured, indicator, use, Findings(z, IMPLAUSIBLE, None, None, texts))
    value = z if category is None or category.judged == "z" else measured.quantity(indicator.measure)
    band = band_of(value, bands) if bands else None
    texts = []
    if bands and band and category:
        amount = number(value, 2) if category.judged == "z" else number(value)
        texts.append(limits_reason(bands.symbol, amount, band.when, remark if category.judged == "z" else ""))
    if category is None or category.judged == "measure":
        texts.append(reasons.z_alone(number(z, 2), remark))
    if category is None:
        texts.append(reasons.NO_CATEGORY)
    texts.extend(_posture(measured, indicator))
    return _assembled(measured, indicator, use, Findings(z, None, bands, band, texts))


def _posture(measured: Measured, indicator: Indicator) -> tuple[Reason, ...]:
    policy = measured.pack.posture
    if policy is None or measured.stature is None or policy.quantity not in indicator.inputs:
        return ()
    return reasons.posture(measured.stature.correction, policy)


def _by_sign(measured: Measured, sign: Sign, indicator: Indicator, use: TableUse) -> Result:
    category = _category_use(indicator, measured.case)
    bands = measured.pack.band_lists[category.bands] if category else None
    severest = bands.bands[0] if bands else None
    texts = [sign.reason] if severest else [sign.reason, reasons.NO_CATEGORY]
    return _assembled(measured, indicator, use, Findings(None, sign.flag, bands, severest, texts))


def _category_use(indicator: Indicator, case: Case) -> CategoryUse | None:
    for use in indicator.categories:
        if use.months.contains(case.age.months):
            return use
    return None


class Findings(NamedTuple):
    """The findings on one indicator before they become text and actions."""

    z: float | None
    flag: str | None
    bands: BandList | None
    band: Band | None
    texts: list[Reason]


def _assembled(measured: Measured, indicator: Indicator, use: TableUse, findings: Findings) -> Result:
    pack, values = measured.pack, measured.case.values
    asked = pack.order[indicator.code]
    missing = tuple(code for code in asked if code not in values)
    common = {
        "code": indicator.code,
        "standard": use.standard,
        "z": findings.z,
        "flag": findings.flag,
        "inputs": tuple(code for code in asked if code in values),
        "missing": missing,
        "could_change": missing if findings.z is not None else (),
    }
    band, bands = findings.band, findings.bands
    if findings.flag == IMPLAUSIBLE:
        # A measurement that cannot be right has no category and refers no person: it is taken again.
        return Result(
            **common,
            label=pack.implausible.label,
            reasons=tuple(findings.texts),
            actions=pack.implausible.actions,
            policy=policy_of(pack, pack.source, verified=False),
        )
    if band is None or bands is None:
        return Result(**common, reasons=tuple(findings.texts), policy=policy_of(pack, pack.source, verified=False))
    added = escalated(band, measured.case)
    return Result(
        **common,
        category=band.code,
        label=band.label,
        result_class=band.result_class,
        reasons=(*findings.texts, *(Reason(code="escalation", text=each.text) for each in added)),
        actions=merged(band.actions, *(each.actions for each in added)),
        policy=policy_of(pack, bands.source, bands.verified, band),
    )
