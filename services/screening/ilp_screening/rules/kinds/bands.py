"""Kind `bands`: one value, judged by the bands for the person's age, sex and stage."""

from collections.abc import Mapping
from functools import cached_property
from typing import Literal, Self

from pydantic import Field, model_validator

from ilp_screening.rules.answers import Answer, Asked
from ilp_screening.rules.bands import BandList, band_of, escalated, limits_reason, merged, number, policy_of
from ilp_screening.rules.case import Case
from ilp_screening.rules.conditions import Applies
from ilp_screening.rules.material import Material
from ilp_screening.rules.models import NotEvaluated, Reason, Result
from ilp_screening.rules.not_evaluated import missing_input
from ilp_screening.rules.packs import PackHeader, Question
from ilp_screening.rules.quantities import Derived, half_up, quantities
from ilp_shared.models import Frozen


class BandRule(Frozen):
    """Daftar rentang untuk sebagian orang.

    The bands for some people.
    """

    applies: Applies = Applies()
    """Untuk siapa / whom it is for"""
    bands: BandList
    """Rentang / ranges"""


class BandsPack(PackHeader):
    """Satu nilai, atau satu besaran turunan, yang dinilai dengan rentang.

    One value, or one derived quantity, judged by bands.
    """

    kind: Literal["bands"]
    """Jenis aturan / kind of rules"""
    question: Question
    """Pertanyaan yang dijawab / question that it answers"""
    quantity: str
    """Sandi pengamatan atau besaran turunan / code of an observation or of the derived quantity"""
    derived: Derived | None = None
    """Besaran turunan / derived quantity"""
    decimals: int | None = Field(default=None, ge=0, le=6)
    """Angka di belakang koma; nilai dibulatkan sebelum dinilai / decimals to which the value is rounded first"""
    rules: tuple[BandRule, ...] = Field(min_length=1)
    """Aturan; yang pertama sesuai berlaku / rules, of which the first that fits holds"""

    @model_validator(mode="after")
    def _derived_is_judged(self) -> Self:
        if self.derived is not None and self.derived.code != self.quantity:
            raise ValueError("the derived quantity is not the one that is judged")
        return self

    @cached_property
    def codes(self) -> tuple[str, ...]:
        """Observations that the value is made from."""
        return (self.quantity,) if self.derived is None else self.derived.reads

    @property
    def reads(self) -> frozenset[str]:
        """Every observation code that it reads."""
        return frozenset(self.codes)

    @cached_property
    def asked(self) -> Asked:
        """The question."""
        return Asked(self.question.code, self.question.label, self.reads, by_parts=len(self.codes) > 1)


def judge(pack: BandsPack, _: Material, case: Case) -> list[Answer]:
    """Return the one answer; none where no rule is for this case."""
    rule = next((rule for rule in pack.rules if rule.applies.to(case)), None)
    return [] if rule is None else [Answer(pack.asked, _outcome(pack, rule.bands, case))]


def _outcome(pack: BandsPack, bands: BandList, case: Case) -> Result | NotEvaluated:
    values = quantities(case.values, pack.codes)
    if values is None:
        return missing_input(pack.question.code, tuple(code for code in pack.codes if code not in case.values))
    value = _value(pack, values)
    band = band_of(value, bands)
    assert band is not None  # noqa: S101 - the loader refuses bands with a gap
    added = escalated(band, case)
    amount = number(value) if pack.decimals is None else number(value, pack.decimals)
    return Result(
        code=pack.question.code,
        category=band.code,
        label=band.label,
        result_class=band.result_class,
        reasons=(
            limits_reason(bands.symbol, amount, band.when),
            *(Reason(code="escalation", text=each.text) for each in added),
        ),
        actions=merged(band.actions, *(each.actions for each in added)),
        inputs=pack.codes,
        policy=policy_of(pack, bands.source, bands.verified, band),
    )


def _value(pack: BandsPack, values: Mapping[str, float]) -> float:
    """Return the value that is judged; halves are rounded away from zero."""
    value = values[pack.quantity] if pack.derived is None else pack.derived.of(values)
    return value if pack.decimals is None else half_up(value, pack.decimals)
