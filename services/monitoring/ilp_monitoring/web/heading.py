"""Head and foot of the page: where we are, how current the numbers are, what they mean. Pure."""

from collections import Counter
from dataclasses import dataclass
from datetime import timedelta

from ilp_monitoring.indicators.schemas import Indicator
from ilp_monitoring.web.cards import units_text
from ilp_monitoring.web.frame import Frame
from ilp_monitoring.web.i18n import Words

LATE_AFTER = timedelta(minutes=5)
"""Age of `checked_at` from which the page calls the sources late; the state of the connection is shown apart."""


@dataclass(frozen=True, slots=True)
class Heading:
    """Texts of the head; empty strings are not shown."""

    as_of: str
    late: str
    parked: str
    crumbs: list[tuple[str, str]]
    facilities: str
    reported: str
    register: str
    persons: str
    participation: str


@dataclass(frozen=True, slots=True)
class Definition:
    """One indicator explained."""

    name: str
    version: str
    look_for: str
    numerator: str
    denominator: str
    both: str
    source: str
    target: str
    target_verified: bool
    verified: bool


@dataclass(frozen=True, slots=True)
class Foot:
    """Texts of the foot."""

    definitions: list[Definition]
    rules: list[str]
    registered: str
    recount: str
    newest: str


def heading(frame: Frame) -> Heading:
    """Return the head's texts."""
    situation, words = frame.situation, frame.words
    return Heading(
        as_of=_as_of(frame),
        late=_late(frame),
        parked=words("head.parked", situation.parked) if situation.parked else "",
        crumbs=[(ref.code, ref.name) for ref in situation.area.lineage[:-1]],
        facilities=" · ".join(_facilities(frame)),
        reported=_reported(frame),
        register="" if frame.running else words("facilities.register"),
        persons=_persons(frame),
        participation=_participation(frame),
    )


def _as_of(frame: Frame) -> str:
    words, situation = frame.words, frame.situation
    if situation.checked_at is not None:
        return words("head.data_as_of", time=words.time(situation.checked_at, frame.zone))
    return words("head.no_data_yet" if situation.as_of is None else "head.catching_up")


def _late(frame: Frame) -> str:
    checked = frame.situation.checked_at
    if checked is None or frame.now - checked < LATE_AFTER:
        return ""
    form = "time.clock" if frame.now - checked < timedelta(hours=12) else "time.full"
    return frame.words("head.late", time=frame.words.time(checked, frame.zone, form))


def _facilities(frame: Frame) -> list[str]:
    counts = frame.situation.area.facilities
    kinds = (("puskesmas", counts.puskesmas), ("pustu", counts.pustu))  # posyandu are counted beside, in `reported`
    parts = [frame.words(f"facilities.{kind}", n) for kind, n in kinds if n]
    return parts + _children(frame)


def _children(frame: Frame) -> list[str]:
    kinds = Counter(child.kind for child in frame.situation.children)
    if all(f"count.{kind}" in frame.words.entries for kind in kinds):
        return [frame.words(f"count.{kind}", n) for kind, n in kinds.most_common()]
    levels = Counter(child.level for child in frame.situation.children)
    return [frame.words(f"count.{level}", n) for level, n in levels.items()]


def _reported(frame: Frame) -> str:
    words, month = frame.words, frame.words.month(frame.situation.period)
    return words("facilities.units", units=units_text(words, frame.situation.units), period=month)


def _persons(frame: Frame) -> str:
    """Return how many of the population are registered."""
    words, persons = frame.words, frame.situation.persons
    registered = words.number(persons.registered)
    if not persons.projected:
        return words("facilities.persons_only", registered=registered)
    return words("facilities.persons", registered=registered, projected=words.number(persons.projected))


def _participation(frame: Frame) -> str:
    """Return how much of a province or of the nation takes part; nothing before any area below is known."""
    words, participation = frame.words, frame.situation.participation
    if participation is None or not frame.situation.children:
        return ""
    share = participation.population_percent
    return words(
        "facilities.participation",
        taking_part=words.number(participation.taking_part),
        areas=frame.count_below(participation.areas),
        share=words("none.mark") if share is None else words.percent(share),
    )


def foot(frame: Frame) -> Foot:
    """Return the foot's texts."""
    words, situation = frame.words, frame.situation
    recount, newest = situation.recount, situation.as_of
    return Foot(
        definitions=[_definition(frame, frame.defined(numbers)) for numbers in situation.indicators],
        rules=[rule.pick(words.language) for rule in frame.definitions.rules],
        registered=situation.registered_means.pick(words.language),
        recount=words(
            "foot.recount",
            time=words.time(recount.at, frame.zone),
            cells=words.number(recount.cells),
            differences=words.number(recount.differences),
        )
        if recount
        else words("foot.no_recount"),
        newest=words("foot.newest", time=words.time(newest, frame.zone), sequence=words.number(situation.sequence))
        if newest
        else "",
    )


def _definition(frame: Frame, indicator: Indicator) -> Definition:
    words, language = frame.words, frame.words.language
    target = indicator.target
    goal = words.percent(target.value) if target and indicator.unit == "percent" else ""
    return Definition(
        name=frame.name(indicator),
        version=words("foot.definition", version=indicator.version),
        look_for=indicator.look_for.pick(language),
        numerator=indicator.numerator.pick(language),
        denominator=indicator.denominator.pick(language),
        both=_both(frame, indicator.code, words),
        source=indicator.origin.pick(language),
        target=words("foot.target", value=goal, source=target.origin.pick(language)) if target else "",
        target_verified=bool(target and target.verified),
        verified=indicator.verified,
    )


def _both(frame: Frame, code: str, words: Words) -> str:
    numbers = next(numbers for numbers in frame.situation.indicators if numbers.code == code)
    if not {"projected", "real"} <= set(numbers.denominators):
        return ""
    projected, real = (
        words("none.mark") if (value := numbers.denominators[kind]) is None else words.number(value)
        for kind in ("projected", "real")
    )
    return words("foot.both", projected=projected, real=real)
