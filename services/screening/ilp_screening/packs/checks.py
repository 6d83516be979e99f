"""What is wrong in a pack though its form is right: bands with a gap or an overlap, items out of reach, and so on."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from ilp_screening.rules.conditions import Test
from ilp_screening.rules.contents import Pack
from ilp_screening.rules.forms import Bounds, Observation
from ilp_screening.rules.kinds.bands import BandsPack
from ilp_screening.rules.kinds.checklist import Checklist
from ilp_screening.rules.kinds.lms import LmsPack
from ilp_screening.rules.kinds.score import Item, ScorePack
from ilp_screening.rules.kinds.worst_of import WorstOf
from ilp_screening.rules.packs import Repeat

_NEAR = 1e-3
"""How near to a limit a value is tried on both sides."""


def faults_of(pack: Pack) -> Iterator[str]:
    """Yield what is wrong in a pack."""
    form, catalog = pack.form, pack.material.observations
    if isinstance(form, LmsPack):
        yield from _of_lms(form, pack)
    elif isinstance(form, BandsPack):
        for rule in form.rules:
            yield from _uncovered(rule.bands.code, [band.when for band in rule.bands.bands])
    elif isinstance(form, WorstOf):
        yield from _of_worst_of(form)
    elif isinstance(form, Checklist):
        yield from _of_checklist(form, catalog)
    elif isinstance(form, ScorePack):
        yield from _of_score(form, catalog)
    if form.repeat is not None:
        yield from _of_repeat(form.repeat, form.reads)


def _of_lms(form: LmsPack, pack: Pack) -> Iterator[str]:
    for bands in form.bands:
        yield from _uncovered(bands.code, [band.when for band in bands.bands])
    for indicator in form.indicators:
        for use in indicator.categories:
            if use.bands not in form.band_lists:
                yield f"{indicator.code}: no list {use.bands}"
        for table in indicator.tables:
            if not all((table.standard, table.table, sex) in pack.material.tables for sex in ("male", "female")):
                yield f"{indicator.code}: no table {table.standard} {table.table}"


def _of_worst_of(form: WorstOf) -> Iterator[str]:
    for code in form.codes:
        yield from _uncovered(code, [band.when[code] for band in form.bands if code in band.when], overlap=True)
    stray = {code for band in (*form.bands, *form.overlays) for code in band.when} - set(form.codes)
    if stray:
        yield f"ranges of what is no input: {', '.join(sorted(stray))}"
    if form.partial is not None and form.partial.decides_from not in {band.code for band in form.bands}:
        yield f"no band {form.partial.decides_from}"


def _of_checklist(form: Checklist, catalog: Mapping[str, Observation]) -> Iterator[str]:
    for rule in form.rules:
        *first, last = rule.outcomes
        if last.ways or any(not outcome.ways for outcome in first):
            yield f"{rule.code}: exactly the last outcome has no condition"
        yield from _unfit((test for each in rule.outcomes for way in each.ways for test in way.tests), catalog)
        for way in (way for outcome in rule.outcomes for way in outcome.ways):
            if not way.tests or (way.any_of and way.at_least > len(way.any_of)):
                yield f"{rule.code}: a condition that nothing can meet, or everything"
    implied = {code for codes in form.no_implies_no.values() for code in codes}
    if not implied <= {code for rule in form.rules for code in rule.items}:
        yield "no_implies_no answers what no rule asks"


def _of_score(form: ScorePack, catalog: Mapping[str, Observation]) -> Iterator[str]:
    for scale in form.scales:
        items = form.items_of[scale.question.code]
        if len(items) != len(scale.items or form.items):
            yield f"{scale.question.code}: an item that is not there"
        least = sum(min(0, *item.all_points) for item in items)
        reached = range(least, sum(max(item.all_points) for item in items) + 1)
        for total in reached:
            if sum(band.when.contains(total) for band in scale.bands.bands) != 1:
                yield f"{scale.question.code}: a total of {total} lies in no band, or in several"
        for band in scale.bands.bands:
            if not any(band.when.contains(total) for total in reached):
                yield f"{scale.question.code}: no total reaches {band.code}"
    if stray := {item.code for item in form.items} - {i.code for items in form.items_of.values() for i in items}:
        yield f"items of no total: {', '.join(sorted(stray))}"
    yield from _unfit((test for each in form.critical for test in each.way.tests), catalog)
    for item in form.items:
        yield from _of_item(item, catalog)


def _of_item(item: Item, catalog: Mapping[str, Observation]) -> Iterator[str]:
    if item.asked_if is not None:
        yield from _unfit(item.asked_if.tests, catalog)
    if item.bands:
        yield from _uncovered(item.code, [band.when for band in item.bands])
    observation = None if item.reads is None else catalog[item.reads]
    if observation is not None:
        form = {"boolean": item.yes_points is not None, "code": bool(item.points), "quantity": bool(item.bands)}
        if not form[observation.type]:
            yield f"{item.code}: its points do not fit a {observation.type}"
        elif observation.type == "code" and set(item.points) != set(observation.values):
            yield f"{item.code}: points for other codes than {', '.join(observation.values)}"


def _of_repeat(repeat: Repeat, reads: frozenset[str]) -> Iterator[str]:
    codes = {code for each in repeat.derived for code in each.reads}
    codes |= {each.quantity for each in repeat.plausible if each.quantity not in repeat.by_code}
    codes |= {code for key, values in repeat.contradictions.items() for code in (key, *values)}
    if stray := codes - reads:
        yield f"what is measured again is not read: {', '.join(sorted(stray))}"


def _unfit(tests: Iterable[Test], catalog: Mapping[str, Observation]) -> Iterator[str]:
    for test in tests:
        if not test.fits(catalog[test.observation]):
            yield f"{test.observation}: the condition does not fit its type"


def _uncovered(name: str, ranges: Sequence[Bounds], *, overlap: bool = False) -> Iterator[str]:
    """Yield the values near limits that lie in no range, or in several where ranges must not overlap."""
    limits = {limit for each in ranges for limit in (each.ge, each.gt, each.le, each.lt) if limit is not None}
    for value in sorted(value for limit in limits for value in (limit - _NEAR, limit, limit + _NEAR)):
        number = sum(each.contains(value) for each in ranges)
        if number == 0 or (number > 1 and not overlap):
            yield f"{name}: {value:g} lies in {number} ranges"
