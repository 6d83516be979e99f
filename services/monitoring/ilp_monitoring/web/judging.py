"""Judges a number against its definition: status, people short of the target, scale of the bar. Pure.

`static/judging.js` repeats these rules for live updates; change both together.
"""

from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from typing import Literal

from ilp_monitoring.indicators.schemas import Indicator
from ilp_monitoring.situations.schemas import IndicatorNumbers

StatusKind = Literal["reached", "below", "above", "follow_up", "watched", "few", "not_reported", "no_denominator"]
SHAPES: dict[StatusKind, str] = {
    "reached": "▲",
    "below": "■",
    "above": "■",
    "follow_up": "▼",
    "watched": "●",
    "few": "◌",
    "not_reported": "◌",
    "no_denominator": "◌",
}
_SCALES = (10, 20, 50, 100)


@dataclass(frozen=True, slots=True)
class Gap:
    """People between a number and its target: `short` of it, or `beyond` a limit; 0 when it is met."""

    kind: Literal["short", "beyond"]
    people: int


def status_of(numbers: IndicatorNumbers, definition: Indicator, *, representative: bool) -> StatusKind:
    """Return the status: off target in the two map classes farthest from it means follow-up.

    An area of which less than half takes part is not judged (`few`).
    """
    if numbers.state == "not_reported":
        return "not_reported"
    if numbers.value is None:
        return "no_denominator"
    if not representative:
        return "few"
    if definition.target is None:
        return "watched"
    higher = definition.direction == "higher_is_better"
    off = numbers.value < definition.target.value if higher else numbers.value > definition.target.value
    if not off:
        return "reached"
    middle = numbers.map_class if numbers.map_class is not None else 2
    if (middle <= 1) if higher else (middle >= 3):
        return "follow_up"
    return "below" if higher else "above"


def gap_of(numbers: IndicatorNumbers, definition: Indicator) -> Gap | None:
    """Return how many people a percentage lies off its target (whole people, never understated); None if unknown."""
    if definition.target is None or numbers.value is None or not numbers.denominator or definition.unit != "percent":
        return None
    goal = Decimal(str(definition.target.value)) * numbers.denominator / 100
    if definition.direction == "higher_is_better":
        return Gap("short", max(0, int(goal.to_integral_value(ROUND_CEILING)) - numbers.numerator))
    return Gap("beyond", max(0, numbers.numerator - int(goal.to_integral_value(ROUND_FLOOR))))


def scale_of(definition: Indicator) -> int:
    """Return the right end of a percentage's bar: the same for all areas and months, so that bars compare."""
    if definition.counts.yearly:
        return 100
    highest = max(definition.class_breaks[3], definition.target.value if definition.target else 0.0)
    return next((scale for scale in _SCALES if scale >= highest * 1.1), 100)


def suspicious(numbers: IndicatorNumbers) -> bool:
    """Tell whether more people were reached than exist: shown as it is, never clipped, with a warning."""
    return numbers.unit == "percent" and numbers.value is not None and numbers.value > 100
