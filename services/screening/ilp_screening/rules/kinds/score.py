"""Kind `score`: items give points, their total lies in a band; critical items decide beside it.

Items may be asked only under a condition: one that is not asked has no points. Open items are taken at their least and
at their most: the band decides as soon as both lie in it, else the open items are named.
"""

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Literal, NamedTuple, Self

from pydantic import Field, model_validator

from ilp_screening.rules.answers import Answer, Asked
from ilp_screening.rules.bands import Band, BandList, band_of, limits_reason, merged, number, policy_of
from ilp_screening.rules.case import Case, Value
from ilp_screening.rules.conditions import Way
from ilp_screening.rules.forms import SEVERITY, Bounds, Verdict, severity
from ilp_screening.rules.material import Material
from ilp_screening.rules.models import NotEvaluated, Reason, Result
from ilp_screening.rules.not_evaluated import missing_input
from ilp_screening.rules.packs import Code, PackHeader, Question
from ilp_shared.models import Frozen


class PointBand(Frozen):
    """Skor untuk nilai dalam rentang.

    Points of a value inside a range.
    """

    when: Bounds
    """Rentang nilai / range of the value"""
    points: int
    """Skor untuk rentang ini / what a value inside it gives"""


class Item(Frozen):
    """Satu butir: skor menurut jawaban, pilihan, rentang, atau orangnya.

    One item: points by answer, by listed code, by range, or by who the person is.
    """

    code: Code
    """Sandi butir, biasanya sandi pengamatannya / name of the item, usually that of its observation"""
    observation: str | None = None
    """Sandi pengamatan bila berbeda / code of the observation, if different"""
    of: Literal["observation", "years", "sex"] = "observation"
    """Dari pengamatan, umur, atau jenis kelamin / what gives the points"""
    yes_points: int | None = None
    """Skor bila dijawab ya / what a yes gives"""
    no_points: int = 0
    """Skor bila dijawab tidak / what a no gives"""
    points: Mapping[str, int] = {}
    """Skor menurut pilihan / points by listed code"""
    bands: tuple[PointBand, ...] = ()
    """Skor menurut rentang / points by range"""
    asked_if: Way | None = None
    """Hanya ditanyakan bila ini terpenuhi / asked only if this holds"""

    @model_validator(mode="after")
    def _one_form(self) -> Self:
        if [self.yes_points is not None, bool(self.points), bool(self.bands)].count(True) != 1:
            raise ValueError("give exactly one of yes_points, points, bands")
        return self

    @property
    def reads(self) -> str | None:
        """The observation that it reads."""
        return (self.observation or self.code) if self.of == "observation" else None

    @property
    def all_points(self) -> tuple[int, ...]:
        """All points that it can give."""
        if self.yes_points is not None:
            return self.yes_points, self.no_points
        return tuple(self.points.values()) or tuple(band.points for band in self.bands)

    def given(self, case: Case) -> int | None:
        """Return its points; None while the observation is missing."""
        value: Value | None = case.values.get(self.reads) if self.reads is not None else _of_person(self.of, case)
        if value is None:
            return None
        if isinstance(value, bool):
            return self.yes_points if value else self.no_points
        if isinstance(value, str):
            return self.points[value]
        return next(band.points for band in self.bands if band.when.contains(value))


class Scale(Frozen):
    """Jumlah sebagian atau semua butir, dengan rentangnya.

    The total of some or all items, with its bands.
    """

    question: Question
    """Pertanyaan yang dijawab / question that it answers"""
    items: tuple[str, ...] = ()
    """Sandi butir; kosong berarti semua / names of the items; none means all"""
    bands: BandList
    """Rentang jumlah / bands of the total"""


class Critical(Verdict):
    """Jawaban yang menentukan berapa pun jumlahnya.

    An answer that decides whatever the total is.
    """

    way: Way = Field(alias="if")
    """Syarat / condition"""


class ScorePack(PackHeader):
    """Butir berskor: jumlahnya dinilai dengan rentang, dan jawaban kritis menentukan sendiri.

    Items with points: totals are judged by bands, and critical answers decide by themselves.
    """

    kind: Literal["score"]
    """Jenis aturan / kind of rules"""
    items: tuple[Item, ...] = Field(min_length=1)
    """Pertanyaan berskor, berurutan / questions with a score, in order"""
    scales: tuple[Scale, ...] = Field(min_length=1)
    """Jumlah yang dinilai / totals that are judged"""
    critical: tuple[Critical, ...] = ()
    """Jawaban kritis / critical answers"""

    @property
    def reads(self) -> frozenset[str]:
        """Every observation code that it reads."""
        items = (item.reads for item in self.items if item.reads is not None)
        return frozenset((*items, *(code for asked in self.asked.values() for code in asked.reads)))

    @cached_property
    def critical_codes(self) -> frozenset[str]:
        """Observations that critical answers read; every scale reads them."""
        return frozenset(test.observation for each in self.critical for test in each.way.tests)

    @cached_property
    def order(self) -> tuple[str, ...]:
        """Every observation code that it reads, in the order in which it is asked."""
        items = [item.reads for item in self.items if item.reads is not None]
        return tuple(dict.fromkeys((*items, *sorted(self.reads))))

    @cached_property
    def items_of(self) -> Mapping[str, tuple[Item, ...]]:
        """The items of each scale, by the code of its question."""
        return {
            scale.question.code: tuple(item for item in self.items if not scale.items or item.code in scale.items)
            for scale in self.scales
        }

    @cached_property
    def asked(self) -> Mapping[str, Asked]:
        """The question of each scale, by its code."""
        asked = {}
        for scale in self.scales:
            items = self.items_of[scale.question.code]
            reads = {item.reads for item in items if item.reads is not None}
            conditions = {test.observation for item in items if item.asked_if for test in item.asked_if.tests}
            codes = frozenset(reads | conditions | self.critical_codes)
            asked[scale.question.code] = Asked(scale.question.code, scale.question.label, codes, by_parts=True)
        return asked


class Total(NamedTuple):
    """What the items come to at least and at most, and the observations that are open."""

    least: int
    most: int
    open_codes: tuple[str, ...]


def judge(pack: ScorePack, _: Material, case: Case) -> list[Answer]:
    """Return the answer of each scale."""
    return [Answer(pack.asked[scale.question.code], _outcome(pack, scale, case)) for scale in pack.scales]


def _outcome(pack: ScorePack, scale: Scale, case: Case) -> Result | NotEvaluated:
    code = scale.question.code
    total = _total(pack.items_of[code], case)
    lowest, highest = band_of(total.least, scale.bands), band_of(total.most, scale.bands)
    band = lowest if lowest is highest else None
    held = [each for each in pack.critical if each.way.holds(case.values) is True]
    if held:
        return _result(pack, scale, case, total, band, held)
    undecided = [each for each in pack.critical if each.way.holds(case.values) is None]
    if band is None:
        return missing_input(code, total.open_codes)
    severer = [each for each in undecided if severity(each.result_class) > severity(band.result_class)]
    if severer:  # what could still be found is worse than what is known
        codes = (code for each in severer for code in each.way.open_codes(case.values))
        return missing_input(code, tuple(dict.fromkeys(codes)))
    return _result(pack, scale, case, total, band, held)


def _result(
    pack: ScorePack, scale: Scale, case: Case, total: Total, band: Band | None, held: Sequence[Critical]
) -> Result:
    verdicts: list[Verdict] = [*held, *([] if band is None else [band])]
    worst = max(verdicts, key=lambda verdict: severity(verdict.result_class))
    amount = number(total.least) if total.least == total.most else f"{number(total.least)}–{number(total.most)}"
    bands = scale.bands
    limits = [] if band is None else [limits_reason(bands.symbol, amount, band.when)]
    asked = pack.asked[scale.question.code].reads
    missing = tuple(
        code
        for code in pack.order
        if code in total.open_codes or (code in pack.critical_codes and code not in case.values)
    )
    return Result(
        code=scale.question.code,
        category=worst.code,
        label=worst.label,
        result_class=worst.result_class,
        reasons=(*limits, *(Reason(code=each.code, text=each.label) for each in held)),
        actions=merged(*(verdict.actions for verdict in verdicts)),
        inputs=tuple(code for code in pack.order if code in asked and code in case.values),
        missing=missing,
        could_change=missing if band is None and worst.result_class != SEVERITY[-1] else (),
        policy=policy_of(pack, bands.source, bands.verified, worst),
    )


def _total(items: Sequence[Item], case: Case) -> Total:
    """Return the least and the most that the items can come to, and the observations that are open."""
    least = most = 0
    open_codes: dict[str, None] = {}
    for item in items:
        asked = True if item.asked_if is None else item.asked_if.holds(case.values)
        if asked is False:
            continue
        points = item.given(case)
        if points is None and item.reads is not None:
            open_codes[item.reads] = None
        possible = item.all_points if points is None else (points,)
        if asked is None and item.asked_if is not None:
            open_codes.update(dict.fromkeys(item.asked_if.open_codes(case.values)))
            possible = (0, *possible)
        least, most = least + min(possible), most + max(possible)
    return Total(least, most, tuple(open_codes))


def _of_person(of: str, case: Case) -> Value:
    return float(case.age.years) if of == "years" else case.sex
