"""The twin rules: the server's rendering and the live script say the same of the same numbers, borders included."""

import random
from typing import Any, get_args

import pytest
from playwright.async_api import Page

from ilp_monitoring.indicators.loader import definitions
from ilp_monitoring.indicators.schemas import Indicator
from ilp_monitoring.rules.judgement import Basis, class_of, reason_against, state_of, value_of
from ilp_monitoring.rules.vocabulary import DenominatorKind, Reason
from ilp_monitoring.situations.areas import (
    AreaHead,
    AreaRef,
    AwaitedUnits,
    Completeness,
    FacilityCounts,
    Participation,
    Persons,
    Units,
)
from ilp_monitoring.situations.schemas import IndicatorNumbers, PreviousNumbers, Situation
from ilp_monitoring.web.cards import Card, cards
from ilp_monitoring.web.frame import Frame, in_month
from ilp_monitoring.web.i18n import words_in
from ilp_monitoring.web.judging import SHAPES, StatusKind, gap_of, suspicious
from ilp_monitoring.web.map_view import grade_of
from ilp_shared.clock import SystemClock
from ilp_shared.text import Language
from tests.browser.in_page import script
from tests.browser.visits import Visits

pytestmark = pytest.mark.backends
MONTH = "2026-11"
SEED, CASES = 20261122, 600
"""Random cases of each indicator, beside those at every border."""
UNITS = Units(registered=1_173, opened=1_160, reported=1_150)
TOO_LITTLE = Participation(
    areas=9, taking_part=1, regencies=9, regencies_taking_part=1, population_percent=9.5, projected={}
)
ARROWS = {"↑", "↓"}
QUIET = Units(registered=4, opened=4, reported=0)
THEN = [
    Units(registered=r, opened=o, reported=n) for r, o, n in ((0, 0, 0), (4, 4, 3), (5, 5, 4), (4, 4, 4), (9, 0, 0))
]


def numbers_of(
    indicator: Indicator, cell: tuple[int, int | None], before: tuple[int, int | None], then: Units
) -> IndicatorNumbers:
    """Return numbers as the service would read them from a cell, last month's cell and its posyandu."""
    kind: DenominatorKind = indicator.counts.denominator_kind or "real"
    counted = 0 if indicator.sasaran_group else cell[1] or 0
    state = state_of(cell[0], cell[1], counted=counted, **(UNITS if cell[1] else QUIET).model_dump())
    value = value_of(cell[0], cell[1], state, indicator.unit)
    old_state = state_of(before[0], before[1], counted=before[1] or 0, **then.model_dump())
    old_value = value_of(before[0], before[1], old_state, indicator.unit)
    now, past = (Basis(size, units.registered, units.reported) for size, units in ((cell[1], UNITS), (before[1], then)))
    reason: Reason | None = reason_against(now, past) if cell[0] % 7 else "other_year"
    return IndicatorNumbers(
        code=indicator.code,
        version=indicator.version,
        unit=indicator.unit,
        numerator=cell[0],
        denominator=cell[1],
        denominator_kind=kind,
        denominators={kind: cell[1], "projected": 1_000} if kind == "real" else {kind: cell[1]},
        value=value,
        state=state,
        map_class=class_of(value, indicator.class_breaks),
        target=indicator.target.value if indicator.target else None,
        completeness=Completeness(reported=UNITS.reported, expected=UNITS.opened),
        previous=PreviousNumbers(
            period="2026-10",
            numerator=before[0],
            denominator=before[1],
            value=old_value,
            state=old_state,
            units=then,
            comparable=reason is None,
            reason=reason,
        ),
        follow_ups=None,
        year=None,
    )


def borders(indicator: Indicator) -> list[tuple[int, int | None]]:
    """Return cells at, just below and just above every class break, the target, 100 %, nothing and no denominator."""
    marks = [*indicator.class_breaks, 100.0, *([indicator.target.value] if indicator.target else [])]
    cells: list[tuple[int, int | None]] = [
        (0, None),
        (5, None),
        (0, 0),
        (5, 0),
        (0, 1),
        (1, 1),
        (1, 3),
        (12_345, 10_000),
    ]
    for mark in marks:
        for people in (10, 40, 300, 10_000, 2_800_000):
            near = int(mark) if indicator.unit == "persons" else round(mark * people / 100)
            cells += [(max(0, near + step), people) for step in (-1, 0, 1)]
    return cells


def cases() -> list[IndicatorNumbers]:
    """Return every border and many random cells, the same in every run."""
    dice = random.Random(SEED)
    made = []
    for indicator in in_month(definitions(), MONTH).indicators:
        drawn = [(dice.randint(0, 900), dice.choice([None, 0, 1, 7, 240, 999])) for _ in range(CASES)]
        for cell in [*borders(indicator), *drawn]:
            near = (max(0, cell[0] + dice.randint(-9, 9)), cell[1])
            before = dice.choice([cell, near, (0, None), (0, 0), (3, 8)])
            then = dice.choice(THEN)
            made.append(numbers_of(indicator, cell, before, then))
    return made


def frame_of(numbers: list[IndicatorNumbers], language: Language, *, represented: bool = True) -> Frame:
    """Return a page's frame around some numbers, of an area of which enough, or too little, takes part."""
    known, now = in_month(definitions(), MONTH), SystemClock().now()
    situation = Situation(
        area=AreaHead(
            code="13.76", name="Kota", level="regency", kind="kota", lat=None, lng=None,
            lineage=[AreaRef(code="13.76", name="Kota")], facilities=FacilityCounts(),
        ),
        period="2026-11", previous_period="2026-10", periods=["2026-11"], denominator="real", below="children",
        as_of=now, checked_at=now, parked=0, sequence=1, completeness=Completeness(reported=1, expected=1),
        arrivals=[], units=UNITS,
        awaited=AwaitedUnits(not_reported=[], not_opened=[]), persons=Persons(registered=9, projected=90),
        participation=None if represented else TOO_LITTLE,
        indicators=numbers, children=[], participants=[], recount=None, example_data=True,
        registered_means=known.registered_means,
    )  # fmt: skip
    return Frame(situation, known, words_in(language), known.indicators[0], now)


def said_by_server(frame: Frame, card: Card) -> dict[str, Any]:
    """Return everything that the server says of one number, under the names of the script's functions."""
    gap = gap_of(card.numbers, card.definition)
    return {
        "status": card.status,
        "shape": card.shape,
        "gap": None if gap is None else {"kind": gap.kind, "people": gap.people},
        "grade": grade_of(card.numbers),
        "suspicious": suspicious(card.numbers),
        "value": card.value,
        "unit": card.unit,
        "short": card.short,
        "ratio": card.ratio,
        "kind": card.kind,
        "units": card.units,
        "registered": card.registered,
        "change": card.change,
        "warning": card.warning,
        "spoken": frame.value_text(card.numbers),
    }


async def said_by_script(page: Page, numbers: list[IndicatorNumbers], *, represented: bool) -> list[dict[str, Any]]:
    """Return what the page's own modules say of the same numbers, in the page's language."""
    given = [one.model_dump(mode="json") for one in numbers]
    judgements: list[dict[str, Any]] = await page.evaluate(
        script("judge"), {"cases": given, "units": UNITS.model_dump(), "representative": represented}
    )
    return judgements


@pytest.mark.parametrize("represented", [True, False])
@pytest.mark.parametrize("language", ["id", "en"])
async def test_server_and_script_say_the_same(visits: Visits, language: Language, represented: bool) -> None:
    page = (await visits.situation("13.76.01.1004", lang=language, periode=MONTH)).page
    numbers = cases()
    frame = frame_of(numbers, language, represented=represented)
    by_server = [said_by_server(frame, card) for card in cards(frame)]
    by_script = await said_by_script(page, numbers, represented=represented)
    unjudged = {"few", "not_reported", "no_denominator"}
    statuses = set(get_args(StatusKind)) - {"above", "few"} if represented else unjudged
    assert {one["status"] for one in by_server} == statuses
    assert {one["grade"] for one in by_server} == {"0", "1", "2", "3", "4", "n", "x"}
    different = [
        (one.model_dump(mode="json"), server, script)
        for one, server, script in zip(numbers, by_server, by_script, strict=True)
        if server != script
    ]
    assert different[:3] == []


@pytest.mark.parametrize("language", ["id", "en"])
def test_a_sum_of_months_has_no_arrow_upwards(language: Language) -> None:
    all_cards = cards(frame_of(cases(), language))
    yearly = [card.change for card in all_cards if card.definition.counts.yearly]
    others = [card.change for card in all_cards if not card.definition.counts.yearly]
    assert any("↑" in change for change in others)
    assert not any("↑" in change for change in yearly)
    assert any({"id": "bertambah", "en": "more since"}[language] in change for change in yearly)


@pytest.mark.parametrize("language", ["id", "en"])
def test_an_area_of_which_too_little_takes_part_has_no_arrow(language: Language) -> None:
    numbers = cases()
    compared = [card.change for card in cards(frame_of(numbers, language))]
    unjudged = [card.change for card in cards(frame_of(numbers, language, represented=False))]
    assert any(set(change) & ARROWS for change in compared)
    assert not any(set(change) & ARROWS for change in unjudged)
    assert any({"id": "belum mewakili wilayah", "en": "not representative"}[language] in each for each in unjudged)


def test_no_mark_of_a_status_is_a_mark_of_a_change() -> None:
    changes = {mark for card in cards(frame_of(cases(), "id")) for mark in card.change} & (
        ARROWS | set(SHAPES.values())
    )
    assert changes == ARROWS
