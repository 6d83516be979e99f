"""The table of all children: the equal of the map for keyboard, screen reader, print and phones. Pure."""

from dataclasses import dataclass

from ilp_monitoring.situations.schemas import ChildArea, IndicatorNumbers
from ilp_monitoring.web.cards import value_of
from ilp_monitoring.web.frame import Frame
from ilp_monitoring.web.judging import suspicious


@dataclass(frozen=True, slots=True)
class Cell:
    """One number: the text, the small text below it (if `full`), and the value to sort by (None sorts last)."""

    code: str
    label: str
    text: str
    detail: str
    full: bool
    numerator: int
    sort: float | None
    state: str
    suspicious: bool


@dataclass(frozen=True, slots=True)
class Row:
    """One child with its numbers and its posyandu (registered · opened · reported)."""

    code: str
    name: str
    cells: list[Cell]
    reporting: str
    reported: int
    reporting_sort: float


def rows(frame: Frame) -> list[Row]:
    """Return a row per child, in the order of codes."""
    return [_row(frame, child) for child in frame.situation.children]


def _row(frame: Frame, child: ChildArea) -> Row:
    units = child.units
    return Row(
        code=child.code,
        name=child.name,
        cells=[_cell(frame, numbers) for numbers in child.indicators],
        reporting=" · ".join(map(frame.words.number, (units.registered, units.opened, units.reported))),
        reported=units.reported,
        reporting_sort=units.reported / units.registered if units.registered else -1.0,
    )


def _cell(frame: Frame, numbers: IndicatorNumbers) -> Cell:
    missing = numbers.state == "not_reported"
    without = numbers.value is None and not missing
    value = value_of(frame.words, numbers)
    return Cell(
        code=numbers.code,
        label=frame.name(frame.defined(numbers)),
        text=frame.words.number(numbers.numerator) if without else value,
        detail="" if missing else _detail(frame, numbers),
        full=frame.roomy or numbers.code == frame.indicator.code,
        numerator=numbers.numerator,
        sort=None if missing or numbers.value is None else float(numbers.value),
        state=numbers.state,
        suspicious=suspicious(numbers),
    )


def _detail(frame: Frame, numbers: IndicatorNumbers) -> str:
    if numbers.denominator is None:
        return frame.words("map.no_denominator")
    return f"{frame.words.number(numbers.numerator)}/{frame.words.number(numbers.denominator)}"
