"""What the list of areas that need attention says of the month before: only of the same number, by its own target."""

from datetime import UTC, datetime
from typing import Any

import pytest

from ilp_monitoring.indicators.loader import definitions
from ilp_monitoring.situations.areas import (
    AreaHead,
    AreaRef,
    AwaitedUnits,
    Completeness,
    FacilityCounts,
    Persons,
    Units,
)
from ilp_monitoring.situations.numbers import Numbers
from ilp_monitoring.situations.schemas import ChildArea, Situation
from ilp_monitoring.web.cards import cards
from ilp_monitoring.web.frame import Frame, as_shown, in_month
from ilp_monitoring.web.i18n import words_in
from ilp_monitoring.web.lists import lists

HERE, BELOW = "13.76", "13.76.01"
NOW, COMPLETE = datetime(2026, 11, 20, tzinfo=UTC), Completeness(reported=1, expected=1)


class Tasks:
    """Tasks of an area: most of them overdue."""

    opened, returned, waiting, overdue = 50, 5, 5, 40


def numbers(period: str, previous: str, *, adults: tuple[int, int]) -> Numbers:
    """Return numbers of 1,200 adults, of whom so many were reached by the month before and by the month."""
    then, now = adults
    cells = {(BELOW, previous, "FOLLOW_UP_OPEN"): (10, 50), (BELOW, period, "FOLLOW_UP_OPEN"): (40, 50)}
    return Numbers(
        period=period,
        previous=previous,
        cells=cells,
        completeness={(area, month): (1, 1) for area in (HERE, BELOW) for month in (period, previous)},
        projected={},
        registered={(BELOW, f"{month} adult"): 1_200 for month in (period, previous)},
        posyandu={HERE: 1, BELOW: 1},
        in_year={(BELOW, previous, "BP_ADULT"): then, (BELOW, period, "BP_ADULT"): now},
        tasks={BELOW: Tasks},
    )


def page(indicator: str, read: Numbers) -> Frame:
    """Return the frame of a page with one area below, whose map is of an indicator."""
    units, persons = Units(registered=1, opened=1, reported=1), Persons(registered=1_200, projected=None)
    place: dict[str, Any] = {"name": "Wilayah", "lat": None, "lng": None}
    child = ChildArea(
        code=BELOW, level="district", kind="kecamatan", units=units, persons=persons, participation=None,
        completeness=COMPLETE, indicators=read.of(BELOW, "real"), **place,
    )  # fmt: skip
    situation = Situation(
        area=AreaHead(code=HERE, level="regency", kind="kota", lineage=[AreaRef(code=HERE, name="Kota")],
                      facilities=FacilityCounts(), **place),
        period=read.period, previous_period=read.previous, periods=[read.period], denominator="real",
        below="children", as_of=NOW, checked_at=NOW, parked=0, sequence=1, units=units,
        awaited=AwaitedUnits(not_reported=[], not_opened=[]), arrivals=[], persons=persons, participation=None,
        completeness=COMPLETE, indicators=read.of(BELOW, "real"), children=[child], recount=None, example_data=True,
        participants=[], registered_means=definitions().registered_means,
    )  # fmt: skip
    in_force = in_month(definitions(), read.period)
    chosen = in_force.indicator(indicator)
    assert chosen is not None
    return Frame(as_shown(situation), in_force, words_in("id"), chosen, NOW)


def reasons(indicator: str, read: Numbers) -> str:
    """Return why the area below needs attention."""
    [row] = lists(page(indicator, read)).attention
    return " · ".join(row.reasons)


def test_overdue_follow_ups_are_not_compared_with_the_open_ones_of_last_month() -> None:
    said = reasons("FOLLOW_UP_OPEN", numbers("2026-11", "2026-10", adults=(0, 0)))
    assert "40 tugas" in said
    assert "dari Okt" not in said


@pytest.mark.parametrize(("reached", "off"), [(999, True), (1_000, False)])
def test_the_month_before_is_judged_by_the_target_it_had_then(reached: int, off: bool) -> None:
    """By October ten twelfths of 1,200 adults are due, 83.33 %: 1,000. By November 1,100, which 1,050 are short of."""
    said = reasons("BP_ADULT", numbers("2026-11", "2026-10", adults=(reached, 1_050)))
    assert "kurang 50 orang" in said
    assert ("Okt juga di bawah target" in said) is off


def test_january_is_not_compared_and_the_card_says_why() -> None:
    frame = page("BP_ADULT", numbers("2026-01", "2025-12", adults=(1_100, 40)))
    [card] = [card for card in cards(frame) if card.numbers.code == "BP_ADULT"]
    assert card.change == "Des dari tahun lain, tidak dibandingkan"
    assert "juga" not in reasons("BP_ADULT", numbers("2026-01", "2025-12", adults=(20, 40)))
