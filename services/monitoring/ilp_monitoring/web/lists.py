"""Lists that must not be mixed: areas that need attention or lie above 100 %; posyandu that are awaited. Pure.

The order of attention is shortfall in people x persistence x worsening; every row gives its reasons in words.
"""

from collections.abc import Callable
from dataclasses import dataclass

from ilp_monitoring.situations.areas import UnitRef, Units
from ilp_monitoring.situations.schemas import ChildArea, IndicatorNumbers
from ilp_monitoring.web.cards import change_of, change_text
from ilp_monitoring.web.frame import Frame, chosen
from ilp_monitoring.web.judging import gap_of, suspicious

SHOWN = 6
AWAITED_SHOWN = 12
REASONS = 4
_PERSISTS, _WORSENS = 1.5, 1.25
"""Weights of the order: off target last month too, and farther from good than last month. A design decision."""


@dataclass(frozen=True, slots=True)
class AttentionRow:
    """An area with its value and the reasons, most telling first."""

    code: str
    name: str
    value: str
    reasons: list[str]


@dataclass(frozen=True, slots=True)
class AwaitedRow:
    """A posyandu by name, with its village; above a regency an area, with how many posyandu it is about."""

    code: str
    name: str
    detail: str


@dataclass(frozen=True, slots=True)
class Awaited:
    """Posyandu that are awaited for one reason; `posyandu` counts all, `more` the rows beyond those shown."""

    posyandu: int
    rows: list[AwaitedRow]
    more: int


@dataclass(frozen=True, slots=True)
class Lists:
    """The lists of one page."""

    attention: list[AttentionRow]
    nobody: str
    """Key of what is said where no area is listed: none needs attention, or none can be judged and why."""
    over: list[AttentionRow]
    unreported: Awaited
    unopened: Awaited


def lists(frame: Frame) -> Lists:
    """Return the lists for the map's indicator; no area needs attention of which too little takes part."""
    pairs = [(child, chosen(child.indicators, frame.indicator.code)) for child in frame.situation.children]
    reported = [(child, numbers) for child, numbers in pairs if numbers and numbers.state != "not_reported"]
    judged = [pair for pair in reported if _may_be_judged(frame, pair[0])]
    scored = [(_score(frame, numbers), child, numbers) for child, numbers in judged if not suspicious(numbers)]
    scored.sort(key=lambda entry: (-entry[0], entry[1].code))
    awaited = frame.situation.awaited
    return Lists(
        attention=[_row(frame, child, numbers) for score, child, numbers in scored[:SHOWN] if score > 0],
        nobody="attention.empty" if judged else _unjudged(frame),
        over=[_row(frame, child, numbers) for child, numbers in reported if suspicious(numbers)],
        unreported=_awaited(frame, awaited.not_reported, unreported),
        unopened=_awaited(frame, awaited.not_opened, unopened),
    )


def _unjudged(frame: Frame) -> str:
    """Return why no area can be judged; a regency and below know no participation."""
    return "attention.unjudged" if frame.situation.participation is None else "attention.unjudged_few"


def _may_be_judged(frame: Frame, child: ChildArea) -> bool:
    return frame.takes_part(child.code) and (child.participation is None or child.participation.representative)


def unreported(units: Units) -> int:
    """Return how many posyandu opened and have not reported."""
    return max(0, units.opened - units.reported)


def unopened(units: Units) -> int:
    """Return how many registered posyandu have no open day in the month."""
    return max(0, units.registered - units.opened)


def _awaited(frame: Frame, named: list[UnitRef], count: Callable[[Units], int]) -> Awaited:
    posyandu = count(frame.situation.units)
    if frame.situation.participation is None:
        rows = [AwaitedRow(unit.area_code, unit.name, unit.area_name or "") for unit in named[:AWAITED_SHOWN]]
        return Awaited(posyandu, rows, max(0, posyandu - len(rows)))
    areas = [child for child in frame.situation.children if count(child.units)]
    areas.sort(key=lambda child: (-count(child.units), child.code))
    rows = [
        AwaitedRow(child.code, child.name, frame.words("facilities.posyandu", count(child.units)))
        for child in areas[:AWAITED_SHOWN]
    ]
    return Awaited(posyandu, rows, len(areas) - len(rows))


def _score(frame: Frame, numbers: IndicatorNumbers) -> float:
    gap = gap_of(numbers, frame.indicator)
    score = float(gap.people if gap else 0 if frame.indicator.target else numbers.numerator)
    if _off_before(frame, numbers):
        score *= _PERSISTS
    return score * _WORSENS if _worse(frame, numbers) else score


def _off_before(frame: Frame, numbers: IndicatorNumbers) -> bool:
    """Tell whether the month before was off its own target: that of a yearly indicator grows by twelfths."""
    before = numbers.previous
    target = frame.in_force(numbers).in_month(before.period).target
    if target is None or not before.comparable or before.value is None or before.state == "not_reported":
        return False
    higher = frame.indicator.direction == "higher_is_better"
    return before.value < target.value if higher else before.value > target.value


def _worse(frame: Frame, numbers: IndicatorNumbers) -> bool:
    change = round(change_of(numbers) or 0, 1)
    return change < 0 if frame.indicator.direction == "higher_is_better" else change > 0


def _row(frame: Frame, child: ChildArea, numbers: IndicatorNumbers) -> AttentionRow:
    return AttentionRow(child.code, child.name, frame.value_text(numbers), _reasons(frame, child, numbers))


def _reasons(frame: Frame, child: ChildArea, numbers: IndicatorNumbers) -> list[str]:
    words, month = frame.words, frame.words.short_month(numbers.previous.period)
    gap = gap_of(numbers, frame.indicator)
    reasons = []
    if gap and gap.people:
        key = "attention.short" if gap.kind == "short" else "card.beyond"
        reasons.append(words(key, amount=words.noun(numbers.code, gap.people)))
    elif frame.indicator.unit == "percent" and frame.indicator.target is None:
        reasons.append(words.noun(numbers.code, numbers.numerator))
    higher = frame.indicator.direction == "higher_is_better"
    if _worse(frame, numbers):
        key = "attention.falling" if higher else "attention.rising"
        reasons.append(words(key, amount=change_text(words, numbers), month=month))
    if _off_before(frame, numbers):
        reasons.append(words("attention.again" if higher else "attention.beyond", month=month))
    if unreported(child.units):
        reasons.append(words("attention.missing_posyandu", unreported(child.units)))
    if unopened(child.units):
        reasons.append(words("attention.unopened_posyandu", unopened(child.units)))
    return (reasons + _beside(frame, child))[:REASONS]


def _beside(frame: Frame, child: ChildArea) -> list[str]:
    """Return what other indicators add: open follow-ups and TB suspects."""
    reasons = []
    for code, key in (("FOLLOW_UP_OPEN", "attention.tasks"), ("TB_SUSPECT", "attention.suspects")):
        numbers = chosen(child.indicators, code)
        if code != frame.indicator.code and numbers and numbers.state != "not_reported" and numbers.numerator:
            reasons.append(frame.words(key, numbers.numerator))
    return reasons
