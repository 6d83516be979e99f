"""Kind `worst_of`: several inputs, each graded by the same bands; the worst grade decides.

A value that is there decides at least its grade: from the band `decides_from` on it decides alone, below it nothing is
known and the question stays open.
"""

from collections.abc import Mapping, Sequence
from typing import Literal

from pydantic import Field

from ilp_screening.rules.answers import Answer
from ilp_screening.rules.bands import limits_reason, merged, number, policy_of
from ilp_screening.rules.case import Case
from ilp_screening.rules.forms import Action, Bounds, Verdict
from ilp_screening.rules.kinds.inputs import InputsPack
from ilp_screening.rules.material import Material
from ilp_screening.rules.models import NotEvaluated, Reason, Result
from ilp_screening.rules.not_evaluated import missing_input
from ilp_screening.rules.quantities import quantities
from ilp_shared.models import Frozen
from ilp_shared.text import Text


class Grade(Verdict):
    """Hasil atas beberapa nilai; `when` adalah rentang menurut pengamatan.

    A verdict over several values; `when` holds the range of each observation.
    """

    when: Mapping[str, Bounds]
    """Rentang menurut sandi pengamatan / range by code of the observation"""


class Partial(Frozen):
    """Cara menilai bila sebagian nilai belum ada: menentukan mulai `decides_from`; di bawahnya berlaku `actions`.

    How some values without the others are judged: they decide from the band `decides_from` on; below, `actions`.
    """

    decides_from: str
    """Sandi rentang pertama yang menentukan / stable name of the first band that decides"""
    text: Text
    """Alasan yang tampil / reason shown"""
    actions: tuple[Action, ...]
    """Yang perlu dilakukan / what to do next"""
    source: str
    """Asal aturan / where it comes from"""
    verified: bool
    """Sudah diperiksa pada sumbernya / whether it was checked against that text"""


class WorstOf(InputsPack):
    """Beberapa nilai dengan rentang dari terbaik ke terburuk; yang terburuk menentukan.

    Several values with bands from best to worst; the worst decides, and overlays only add.
    """

    kind: Literal["worst_of"]
    """Jenis aturan / kind of rules"""
    bands: tuple[Grade, ...] = Field(min_length=1)
    """Rentang dari terbaik / ranges, best first"""
    overlays: tuple[Grade, ...] = ()
    """Tambahan yang hanya menambah tindakan / verdicts that only add"""
    partial: Partial | None = None
    """Cara menilai sebagian nilai / how some values alone are judged"""


def judge(pack: WorstOf, _: Material, case: Case) -> list[Answer]:
    """Return the one answer."""
    missing = tuple(code for code in pack.codes if code not in case.values)
    values = quantities(case.values, tuple(code for code in pack.codes if code not in missing)) or {}
    return [Answer(pack.asked, _by_all(pack, values) if not missing else _by_some(pack, values, missing))]


def _by_all(pack: WorstOf, values: Mapping[str, float]) -> Result:
    worst, reasons = _worst(pack, values)
    band = pack.bands[worst]
    overlays = [
        each for each in pack.overlays if all(range_.contains(values[code]) for code, range_ in each.when.items())
    ]
    return Result(
        code=pack.question.code,
        category=band.code,
        label=band.label,
        result_class=band.result_class,
        reasons=(*reasons, *(Reason(code=each.code, text=each.label) for each in overlays)),
        actions=merged(band.actions, *(each.actions for each in overlays)),
        inputs=pack.codes,
        policy=policy_of(pack, pack.source, pack.verified, band),
    )


def _by_some(pack: WorstOf, values: Mapping[str, float], missing: tuple[str, ...]) -> Result | NotEvaluated:
    """Return the grade of the values that are there where the pack lets it decide, else the open question."""
    partial = pack.partial
    if partial is None or not values:
        return missing_input(pack.question.code, missing)
    worst, reasons = _worst(pack, values)
    if worst < [band.code for band in pack.bands].index(partial.decides_from):
        return missing_input(pack.question.code, missing, partial.actions)
    band = pack.bands[worst]
    return Result(
        code=pack.question.code,
        category=band.code,
        label=band.label,
        result_class=band.result_class,
        reasons=(*reasons, Reason(code="one_value", text=partial.text)),
        actions=band.actions,
        inputs=tuple(values),
        missing=missing,
        could_change=missing if worst < len(pack.bands) - 1 else (),
        policy=policy_of(pack, partial.source, partial.verified),
    )


def _worst(pack: WorstOf, values: Mapping[str, float]) -> tuple[int, Sequence[Reason]]:
    """Return the index of the worst band, and the limits of the values that lie in it."""
    grades = {code: _grade(pack, values, code) for code in values}
    worst = max(grades.values())
    when = pack.bands[worst].when
    return worst, [
        limits_reason(pack.inputs[code], number(values[code]), when[code])
        for code, grade in grades.items()
        if grade == worst
    ]


def _grade(pack: WorstOf, values: Mapping[str, float], code: str) -> int:
    value = values[code]
    return next(index for index, band in enumerate(pack.bands) if code in band.when and band.when[code].contains(value))
