"""The map: one outline per child with the class of its value, the legend with counts, one sentence. Pure."""

from collections import Counter
from dataclasses import dataclass
from itertools import pairwise

from ilp_monitoring.situations.schemas import IndicatorNumbers
from ilp_monitoring.web.frame import Frame, chosen
from ilp_monitoring.web.geo.maps import map_of
from ilp_monitoring.web.geo.zoom import Box, zooms_of
from ilp_monitoring.web.i18n import Words

NONE, NO_DENOMINATOR = "n", "x"
"""Map classes beside 0…4: nothing reported (hatched), and reports without a denominator (dotted)."""


@dataclass(frozen=True, slots=True)
class Shape:
    """An outline. `grade` is the map class, or empty for a neighbour drawn without a number."""

    code: str
    name: str
    path: str
    grade: str
    label: str


@dataclass(frozen=True, slots=True)
class LegendRow:
    """One class of the legend with how many areas fall in it."""

    grade: str
    text: str
    count: int


@dataclass(frozen=True, slots=True)
class MapView:
    """Everything the map's panel shows; `shapes` is empty when no outlines are packaged."""

    width: int
    height: int
    shapes: list[Shape]
    legend: list[LegendRow]
    sentence: str
    absent: list[str]
    zooms: list[str]
    """Parts to enlarge one after another, each as the `viewBox` of its own."""


def map_view(frame: Frame) -> MapView:
    """Return the map of the children, or of the area among its neighbours when it has none."""
    situation = frame.situation
    values = {child.code: chosen(child.indicators, frame.indicator.code) for child in situation.children}
    names = {child.code: child.name for child in situation.children}
    own = not values
    if own:
        values = {situation.area.code: chosen(situation.indicators, frame.indicator.code)}
        names = {situation.area.code: situation.area.name}
    drawing = map_of(situation.area.code, [] if own else list(values))
    outlines = drawing.shapes if drawing else {}
    shapes = [
        _shape(frame, code, path, names.get(code), values.get(code))
        for code, path in outlines.items()
        if own or code in values
    ]
    shapes.sort(key=lambda shape: own and shape.code in values)  # its border over those of its neighbours
    counts = Counter(_grade(frame, code, numbers) for code, numbers in values.items())
    return MapView(
        width=drawing.width if drawing else 0,
        height=drawing.height if drawing else 0,
        shapes=shapes,
        legend=_legend(frame, counts),
        sentence="" if own else sentence(frame, counts),
        zooms=[_view(part) for part in zooms_of(drawing)] if drawing else [],
        absent=[name for code, name in names.items() if code not in outlines] if drawing else [],
    )


def _view(part: Box) -> str:
    return f"{part.left} {part.top} {part.width:.1f} {part.height:.1f}"


def grade_of(numbers: IndicatorNumbers | None) -> str:
    """Return the map class of a number: `0`…`4`, `n` (not reported) or `x` (no denominator)."""
    if numbers is None or numbers.state == "not_reported":
        return NONE
    return NO_DENOMINATOR if numbers.map_class is None else str(numbers.map_class)


def _grade(frame: Frame, code: str, numbers: IndicatorNumbers | None) -> str:
    """Return the class in which an area is drawn and counted; so does `static/areas.js`.

    An area that does not take part is in none, whatever its puskesmas alone has reported.
    """
    return grade_of(numbers) if frame.takes_part(code) else NONE


def _shape(frame: Frame, code: str, path: str, name: str | None, numbers: IndicatorNumbers | None) -> Shape:
    if name is None:
        return Shape(code, code, path, "", code)
    value = frame.value_text(numbers) if numbers else frame.words("status.not_reported")
    return Shape(code, name, path, _grade(frame, code, numbers), frame.words("map.area", name=name, value=value))


def sentence(frame: Frame, counts: Counter[str]) -> str:
    """Return the map in one sentence: how many areas in the highest class, in the two lowest, without report."""
    breaks, percent = frame.indicator.class_breaks, frame.indicator.unit == "percent"
    top, bottom = (_plain(frame.words, breaks[index], percent) for index in (3, 1))
    number = frame.words.number
    return frame.words(
        "map.sentence_few" if frame.few else "map.sentence",
        high=number(counts["4"]),
        top=top,
        low=number(counts["0"] + counts["1"]),
        bottom=bottom,
        none=number(counts[NONE]),
    )


def _legend(frame: Frame, counts: Counter[str]) -> list[LegendRow]:
    words, breaks = frame.words, frame.indicator.class_breaks
    if frame.indicator.unit == "persons":
        texts = _count_classes(words, [int(value) for value in breaks])
    else:
        marks = [_plain(words, value, percent=False) for value in breaks]
        texts = [
            words("map.below", high=marks[0]),
            *(words("map.between", low=low, high=high) for low, high in pairwise(marks)),
            words("map.from", low=marks[3]),
        ]
    rows = [LegendRow(str(index), text, counts[str(index)]) for index, text in enumerate(texts)]
    return [
        *rows,
        LegendRow(NONE, words("map.none_few" if frame.few else "map.none"), counts[NONE]),
        LegendRow(NO_DENOMINATOR, words("map.no_denominator"), counts[NO_DENOMINATOR]),
    ]


def _count_classes(words: Words, breaks: list[int]) -> list[str]:
    lows, highs = [0, *breaks[:3]], [value - 1 for value in breaks]
    ranges = [str(low) if low == high else f"{low}–{high}" for low, high in zip(lows, highs, strict=True)]
    return [*ranges, words("map.from", low=breaks[3])]


def _plain(words: Words, value: float, percent: bool) -> str:
    text = words.number(int(value)) if value == int(value) else words.number(value)
    return words("number.percent").format(n=text) if percent else text
