"""The summary cards: indicator, value, status, shortfall in people, ratio, completeness, change. Pure."""

from dataclasses import dataclass

from ilp_monitoring.indicators.schemas import Indicator
from ilp_monitoring.situations.areas import Units
from ilp_monitoring.situations.schemas import FollowUpNumbers, IndicatorNumbers, PreviousNumbers
from ilp_monitoring.web.frame import Frame
from ilp_monitoring.web.i18n import Words
from ilp_monitoring.web.judging import SHAPES, StatusKind, gap_of, scale_of, status_of, suspicious


@dataclass(frozen=True, slots=True)
class Bar:
    """A bar of 100 units: its filled part, the position of the target (None = no target), its texts."""

    filled: float
    target: float | None
    target_text: str
    unverified: bool
    """Whether the target was never checked against its source: then it says so beside it."""
    scale_text: str


@dataclass(frozen=True, slots=True)
class Card:
    """One indicator, ready to show; `numbers` and `definition` also go to the live script."""

    numbers: IndicatorNumbers
    definition: Indicator
    name: str
    value: str
    unit: str
    status: StatusKind
    shape: str
    status_text: str
    bar: Bar | None
    short: str
    ratio: str
    kind: str
    registered: str
    taking_part: str
    units_share: float
    whole: bool
    units: str
    change: str
    warning: str


def cards(frame: Frame) -> list[Card]:
    """Return the cards in the order of the definitions."""
    return [_card(frame, numbers) for numbers in frame.situation.indicators]


def _card(frame: Frame, numbers: IndicatorNumbers) -> Card:
    words, definition = frame.words, frame.defined(numbers)
    status, units = status_of(numbers, definition, representative=frame.representative), frame.situation.units
    return Card(
        numbers=numbers,
        definition=definition,
        name=frame.name(definition),
        value=value_of(words, numbers),
        unit=_unit(words, numbers),
        status=status,
        shape=SHAPES[status],
        status_text=words(f"status.{status}"),
        bar=_bar(frame, numbers, definition),
        short=_short(words, numbers, definition) if frame.representative else "",
        ratio=ratio_of(words, numbers),
        kind=kind_of(words, numbers),
        registered=registered_text(words, numbers),
        taking_part=_taking_part(frame, numbers, definition),
        units_share=share_of(units),
        whole=whole(units),
        units=units_text(words, units),
        change=_change(frame, numbers),
        warning=words("card.suspicious") if suspicious(numbers) else "",
    )


def value_of(words: Words, numbers: IndicatorNumbers) -> str:
    """Return the bare value: 69,8, 37, or the mark for none (which is never 0)."""
    if numbers.state == "not_reported" or numbers.value is None:
        return words("none.mark")
    return words.number(numbers.value) if numbers.unit == "percent" else words.number(numbers.numerator)


def _unit(words: Words, numbers: IndicatorNumbers) -> str:
    if numbers.state == "not_reported" or numbers.value is None:
        return ""
    return words("unit.percent") if numbers.unit == "percent" else words("unit.persons", numbers.numerator)


def _bar(frame: Frame, numbers: IndicatorNumbers, definition: Indicator) -> Bar | None:
    words = frame.words
    if definition.unit != "percent":
        return None
    scale, goal = scale_of(definition), definition.target
    value = 0.0 if numbers.state == "not_reported" else numbers.value or 0.0
    return Bar(
        filled=round(min(100.0, value * 100 / scale), 2),
        target=round(goal.value * 100 / scale, 2) if goal else None,
        target_text=words("card.target", value=words.percent(goal.value)) if goal else "",
        unverified=goal is not None and not goal.verified,
        scale_text=_scale_text(frame, scale, definition),
    )


def _scale_text(frame: Frame, scale: int, definition: Indicator) -> str:
    words = frame.words
    if definition.counts.yearly:
        return words("card.year", month=words.month(frame.situation.period))
    return words("card.scale", value=words("number.percent").format(n=scale)) if scale != 100 else ""


def _short(words: Words, numbers: IndicatorNumbers, definition: Indicator) -> str:
    if numbers.state == "not_reported":
        return words("card.nothing")
    gap = gap_of(numbers, definition)
    if gap is None:
        counted = definition.unit == "percent" and numbers.value is not None
        return words.noun(numbers.code, numbers.numerator) if counted else ""
    if gap.people == 0:
        return words("card.reached")
    return words(f"card.{gap.kind}", amount=words.noun(numbers.code, gap.people))


def ratio_of(words: Words, numbers: IndicatorNumbers) -> str:
    """Return `5.912 dari 8.470`; an unknown denominator is written in words."""
    if numbers.state == "not_reported":
        return ""
    numerator = words.number(numbers.numerator)
    empty = f"card.nobody.{numbers.denominator_kind}"
    if numbers.denominator == 0 and empty in words.entries:
        return words(empty)
    if not numbers.denominator:
        return words("card.numerator_only", numerator=numerator)
    return words("card.ratio", numerator=numerator, denominator=words.number(numbers.denominator))


def kind_of(words: Words, numbers: IndicatorNumbers) -> str:
    """Return what a ratio divides by; nothing where no ratio is said, or where it is said in words."""
    nobody = numbers.denominator == 0 and f"card.nobody.{numbers.denominator_kind}" in words.entries
    return "" if nobody or numbers.state == "not_reported" else words(f"kind_of.{numbers.denominator_kind}")


def units_text(words: Words, units: Units) -> str:
    """Return `posyandu: 173 terdaftar · 154 buka · 150 lapor`."""
    if not units.registered and not units.opened:
        return words("card.no_units")
    return words(
        "card.units",
        registered=words.number(units.registered),
        opened=words.number(units.opened),
        reported=words.number(units.reported),
    )


def share_of(units: Units) -> float:
    """Return how many of the registered posyandu reported, in percent; 0 without any."""
    return round(min(100.0, 100 * units.reported / units.registered), 1) if units.registered else 0.0


def whole(units: Units) -> bool:
    """Tell whether every registered posyandu opened and reported: only then is the bar coloured."""
    return 0 < units.registered == units.opened == units.reported


def registered_text(words: Words, numbers: IndicatorNumbers) -> str:
    """Return `terdaftar 1.075 dari ± 12.000 balita (9 %)` for a number that divides by a sasaran."""
    real, projected = numbers.denominators.get("real"), numbers.denominators.get("projected")
    if real is None or not projected:
        return ""
    share = words.percent(100 * real / projected)
    return words(
        "card.registered", registered=words.number(real), projected=words.noun(numbers.code, projected), share=share
    )


def _change(frame: Frame, numbers: IndicatorNumbers) -> str:
    words, month = frame.words, frame.words.short_month(numbers.previous.period)
    if numbers.follow_ups is not None:
        return _follow_ups(words, numbers.follow_ups)
    known = numbers.previous.state != "not_reported" and numbers.previous.value is not None
    if not known or numbers.value is None or numbers.state == "not_reported":
        return words("change.unknown", month=month)
    if not numbers.previous.comparable:
        return _incomparable(words, numbers.previous, frame.situation.units, month)
    if not frame.representative:
        return words("change.few", month=month)
    difference = change_of(numbers)
    if difference is None or words.number(abs(difference)) == words.number(type(difference)(0)):
        return words("change.same", month=month)
    rising = "change.added" if frame.defined(numbers).counts.yearly else "change.up"  # a sum of months always rises
    return words(rising if difference > 0 else "change.down", amount=change_text(words, numbers), month=month)


def _taking_part(frame: Frame, numbers: IndicatorNumbers, definition: Indicator) -> str:
    """Return the coverage of the regencies taking part, where the projection of the whole country is divided by."""
    participation, group = frame.situation.participation, definition.sasaran_group
    if participation is None or group is None or numbers.denominator_kind != "projected":
        return ""
    people = participation.projected.get(group, 0)
    if not people or numbers.state == "not_reported":
        return ""
    value = frame.words.percent(100 * numbers.numerator / people)
    return frame.words("card.taking_part", value=value, projected=frame.words.noun(numbers.code, people))


def _follow_ups(words: Words, tasks: FollowUpNumbers) -> str:
    """Return `lewat waktu 3 · menunggu 9 · kembali 50,0 %`; nothing when no task was opened, which the ratio says."""
    if not tasks.opened:
        return ""
    returned = words.percent(100 * tasks.returned / tasks.opened)
    return words(
        "card.follow_ups", overdue=words.number(tasks.overdue), waiting=words.number(tasks.waiting), returned=returned
    )


def _incomparable(words: Words, before: PreviousNumbers, units: Units, month: str) -> str:
    """Return why no arrow is drawn, with the posyandu of the month of which too few reported."""
    few = before.units if before.reason == "few_before" else units
    reported, registered = words.number(few.reported), words.number(few.registered)
    return words(f"change.{before.reason}", month=month, reported=reported, registered=registered)


def change_of(numbers: IndicatorNumbers) -> float | None:
    """Return the change since last month: points for a percentage, people otherwise; None if unknown or misleading."""
    before = numbers.previous
    if not before.comparable or before.state == "not_reported" or before.value is None or numbers.value is None:
        return None
    if numbers.unit == "percent":
        return float(numbers.value - before.value)
    return numbers.numerator - before.numerator


def change_text(words: Words, numbers: IndicatorNumbers) -> str:
    """Return the size of a change in words, without its direction: `3,1 poin` or `11 orang`."""
    difference = abs(change_of(numbers) or 0)
    if numbers.unit == "percent":
        return words("change.points", difference)
    return words.noun(numbers.code, int(difference))
