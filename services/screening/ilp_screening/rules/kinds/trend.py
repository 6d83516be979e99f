"""Kind `trend`: the change of a value since an earlier measurement, against the least change expected at the age.

An earlier measurement counts where it lies in the window before the day. Where the change before that one fell short
as well, the outcome is `again`.
"""

from collections.abc import Sequence
from functools import cached_property
from typing import Literal, NamedTuple

from pydantic import Field

from ilp_screening.rules.answers import Answer, Asked
from ilp_screening.rules.bands import limits_reason, number, policy_of
from ilp_screening.rules.case import Case
from ilp_screening.rules.forms import Bounds, Symbol, Verdict
from ilp_screening.rules.material import Material
from ilp_screening.rules.models import NotEvaluated, Result
from ilp_screening.rules.not_evaluated import missing_input, no_earlier_measurement
from ilp_screening.rules.packs import PackHeader, Question
from ilp_screening.rules.quantities import half_up
from ilp_shared.models import Frozen


class Expected(Frozen):
    """Perubahan terkecil yang diharapkan pada suatu umur.

    The least change that is expected at an age.
    """

    months: Bounds
    """Umur dalam bulan pada pengukuran terakhir / age in months at the newest measurement"""
    change: float
    """Perubahan terkecil, dalam satuan pengamatan / least change, in the unit of the observation"""


class Outcomes(Frozen):
    """Tiga hasil: tercapai, tidak tercapai, tidak tercapai lagi.

    The three outcomes: reached, fell short, fell short again.
    """

    reached: Verdict
    """Perubahan cukup / the change is enough"""
    short: Verdict
    """Perubahan kurang / the change is not enough"""
    again: Verdict
    """Dua kali berturut-turut kurang / not enough twice in a row"""


class TrendPack(PackHeader):
    """Perubahan satu nilai sejak pengukuran sebelumnya, terhadap yang diharapkan pada umurnya.

    The change of a value since an earlier measurement, against what is expected at the age.
    """

    kind: Literal["trend"]
    """Jenis aturan / kind of rules"""
    question: Question
    """Pertanyaan yang dijawab / question that it answers"""
    observation: str
    """Sandi pengamatan / code of the observation"""
    symbol: Symbol
    """Nama perubahan dan satuannya / name of the change, and its unit"""
    window_days: Bounds
    """Jarak hari ke pengukuran sebelumnya / days between both measurements"""
    days_per_month: float = Field(default=30.4375, gt=0)
    """Hari per bulan umur / length of a month of age"""
    decimals: int = Field(default=3, ge=0, le=6)
    """Angka di belakang koma dari perubahan / decimals to which the change is rounded first"""
    expected: tuple[Expected, ...] = Field(min_length=1)
    """Perubahan terkecil menurut umur / least change by age"""
    outcomes: Outcomes
    """Hasil yang mungkin / what a change can come to"""

    @property
    def reads(self) -> frozenset[str]:
        """Every observation code that it reads."""
        return frozenset((self.observation,))

    @cached_property
    def asked(self) -> Asked:
        """The question."""
        return Asked(self.question.code, self.question.label, self.reads)


class Measurement(NamedTuple):
    """A value, and how many days before the day it was measured."""

    days_ago: int
    value: float


def judge(pack: TrendPack, _: Material, case: Case) -> list[Answer]:
    """Return the one answer; none where nothing is expected at the age."""
    least = _expected(pack, case.age.months)
    return [] if least is None else [Answer(pack.asked, _outcome(pack, least, case))]


def _outcome(pack: TrendPack, least: float, case: Case) -> Result | NotEvaluated:
    value = case.values.get(pack.observation)
    if not isinstance(value, float):
        return missing_input(pack.question.code, (pack.observation,))
    series = [Measurement(0, value), *_earlier(pack, case)]
    before = _before(pack, series, 0)
    if before is None:
        return no_earlier_measurement(pack.question.code)
    change = half_up(value - series[before].value, pack.decimals)
    verdict = pack.outcomes.reached
    if change < least:
        verdict = pack.outcomes.again if _fell_short(pack, series, before, case) else pack.outcomes.short
    bounds = Bounds(ge=least) if change >= least else Bounds(lt=least)
    return Result(
        code=pack.question.code,
        category=verdict.code,
        label=verdict.label,
        result_class=verdict.result_class,
        reasons=(limits_reason(pack.symbol, number(change), bounds),),
        actions=verdict.actions,
        inputs=(pack.observation,),
        policy=policy_of(pack, pack.source, pack.verified, verdict),
    )


def _fell_short(pack: TrendPack, series: Sequence[Measurement], at: int, case: Case) -> bool:
    """Tell whether the change before a measurement of the series was not enough at that age either."""
    before = _before(pack, series, at)
    months = case.age.months - series[at].days_ago / pack.days_per_month
    least = _expected(pack, months)
    if before is None or least is None:
        return False
    return half_up(series[at].value - series[before].value, pack.decimals) < least


def _before(pack: TrendPack, series: Sequence[Measurement], at: int) -> int | None:
    """Return the place of the newest measurement in the window before one of the series."""
    later = (index for index in range(at + 1, len(series)))
    day = series[at].days_ago
    return next((index for index in later if pack.window_days.contains(series[index].days_ago - day)), None)


def _earlier(pack: TrendPack, case: Case) -> list[Measurement]:
    """Return the earlier measurements, newest first; those of the same day are none."""
    if case.day is None:
        return []
    measured = ((each.day, each.values.get(pack.observation)) for each in case.earlier)
    series = [Measurement((case.day - day).days, value) for day, value in measured if isinstance(value, float)]
    return sorted((each for each in series if each.days_ago > 0), key=lambda each: each.days_ago)


def _expected(pack: TrendPack, months: float) -> float | None:
    return next((each.change for each in pack.expected if each.months.contains(months)), None)
