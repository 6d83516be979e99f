"""Three lists that must not be mixed: areas that need attention, that have not reported, or lie above 100 %. Pure.

The order of attention is shortfall in people x persistence x worsening; every row gives its reasons in words.
"""

from dataclasses import dataclass

from ilp_monitoring.situations.schemas import ChildArea, IndicatorNumbers
from ilp_monitoring.web.cards import change_of, change_text
from ilp_monitoring.web.frame import Frame, chosen
from ilp_monitoring.web.judging import gap_of, suspicious

SHOWN = 6
MISSING_SHOWN = 12
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
class MissingRow:
    """An area that has not reported, and how many posyandu are awaited."""

    code: str
    name: str
    awaited: str


@dataclass(frozen=True, slots=True)
class Lists:
    """The lists of one page; `missing_all` counts beyond the rows shown."""

    attention: list[AttentionRow]
    missing: list[MissingRow]
    missing_all: int
    over: list[AttentionRow]


def lists(frame: Frame) -> Lists:
    """Return the lists for the map's indicator."""
    pairs = [(child, chosen(child.indicators, frame.indicator.code)) for child in frame.situation.children]
    reported = [(child, numbers) for child, numbers in pairs if numbers and numbers.state != "not_reported"]
    missing = [child for child, numbers in pairs if not numbers or numbers.state == "not_reported"]
    scored = [(_score(frame, numbers), child, numbers) for child, numbers in reported if not suspicious(numbers)]
    scored.sort(key=lambda entry: (-entry[0], entry[1].code))
    return Lists(
        attention=[_row(frame, child, numbers) for score, child, numbers in scored[:SHOWN] if score > 0],
        missing=[MissingRow(child.code, child.name, _awaited(frame, child)) for child in missing[:MISSING_SHOWN]],
        missing_all=len(missing),
        over=[_row(frame, child, numbers) for child, numbers in reported if suspicious(numbers)],
    )


def _score(frame: Frame, numbers: IndicatorNumbers) -> float:
    gap = gap_of(numbers, frame.indicator)
    score = float(gap.people if gap else 0 if frame.indicator.target else numbers.numerator)
    if _off_before(frame, numbers):
        score *= _PERSISTS
    return score * _WORSENS if _worse(frame, numbers) else score


def _off_before(frame: Frame, numbers: IndicatorNumbers) -> bool:
    target, before = frame.indicator.target, numbers.previous
    if target is None or before.value is None or before.state == "not_reported":
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
    if _worse(frame, numbers):
        falling = frame.indicator.direction == "higher_is_better"
        key = "attention.falling" if falling else "attention.rising"
        reasons.append(words(key, amount=change_text(words, numbers), month=month))
    if _off_before(frame, numbers):
        reasons.append(words("attention.again", month=month))
    awaited = child.completeness.expected - child.completeness.reported
    if awaited > 0:
        reasons.append(words("attention.missing_posyandu", awaited))
    return (reasons + _beside(frame, child))[:REASONS]


def _beside(frame: Frame, child: ChildArea) -> list[str]:
    """Return what other indicators add: open follow-ups and TB suspects."""
    reasons = []
    for code, key in (("FOLLOW_UP_OPEN", "attention.tasks"), ("TB_SUSPECT", "attention.suspects")):
        numbers = chosen(child.indicators, code)
        if code != frame.indicator.code and numbers and numbers.state != "not_reported" and numbers.numerator:
            reasons.append(frame.words(key, numbers.numerator))
    return reasons


def _awaited(frame: Frame, child: ChildArea) -> str:
    awaited = child.completeness.expected - child.completeness.reported
    return frame.words("missing.expected", awaited) if awaited > 0 else frame.words("missing.no_open_day")
