"""What counts, once, where and when: screenings, corrections, voids, late months, moves, tasks."""

from datetime import date

import pytest

from tests.service.monitoring.conftest import Monitoring
from tests.service.monitoring.events import (
    ABROAD,
    ADULT,
    CHILD,
    DAY,
    ELDER,
    ELSEWHERE,
    IMPLAUSIBLE,
    NEIGHBOUR,
    PRESSURE,
    SHORT,
    TALL,
    TB_NO,
    TB_YES,
    TODDLER,
    VERY_SHORT,
    VILLAGE,
    WEIGHED,
)

OCTOBER = date(2026, 10, 28)
LEVELS = (VILLAGE, "13.76.01", "13.76", "13", "id")


@pytest.fixture
async def place(monitoring: Monitoring) -> Monitoring:
    """Three villages, one posyandu with an open day."""
    world = monitoring.world
    await monitoring.feed.apply(
        world.tree("13.76", VILLAGE, NEIGHBOUR, ELSEWHERE),
        world.tree("14.72", ABROAD),
        world.posyandu("mawar"),
        world.open_day("open", "mawar"),
    )
    return monitoring


async def test_a_resident_counts_once_a_month_at_every_level(place: Monitoring) -> None:
    world = place.world
    await place.feed.apply(
        world.screening("s1", "ani", CHILD, observed=WEIGHED),
        world.screening("s2", "ani", CHILD, observed=WEIGHED, minute=30),
        world.screening("s3", "budi", CHILD, observed=WEIGHED),
        world.screening("s4", "citra", CHILD, observed=WEIGHED, village=ELSEWHERE),
    )
    assert [(await place.numbers(area, "D_S"))["numerator"] for area in LEVELS] == [2, 2, 3, 3, 3]
    assert (await place.numbers(ELSEWHERE, "D_S"))["numerator"] == 1


async def test_only_under_fives_are_weighed_for_d_s_and_only_adults_measured_for_bp(place: Monitoring) -> None:
    world = place.world
    await place.feed.apply(
        world.screening("s1", "turns 59 months", TODDLER, observed=WEIGHED),
        world.screening("s2", "turns 60 months", "2021-11", observed=WEIGHED),
        world.screening("s3", "turns 18 this month", ADULT, PRESSURE),
        world.screening("s4", "still 17", "2008-12", PRESSURE),
        world.screening("s5", "old", ELDER, PRESSURE),
    )
    assert (await place.numbers(VILLAGE, "D_S"))["numerator"] == 1
    assert (await place.numbers(VILLAGE, "BP_ADULT"))["numerator"] == 2


async def test_stunting_takes_the_last_plausible_measurement_of_the_month(place: Monitoring) -> None:
    world = place.world
    await place.feed.apply(
        world.screening("a2", "ani", CHILD, TALL, minute=9),
        world.screening("a1", "ani", CHILD, SHORT),
        world.screening("b1", "budi", CHILD, SHORT),
        world.screening("b2", "budi", CHILD, IMPLAUSIBLE, minute=5),
        world.screening("c1", "citra", CHILD, IMPLAUSIBLE),
        world.screening("d1", "dedi", CHILD, VERY_SHORT),
        world.screening("e1", "over five", "2020-01", SHORT),
    )
    assert await place.ratio(VILLAGE, "STUNTING") == (2, 3)
    assert (await place.numbers(VILLAGE, "STUNTING"))["value"] == pytest.approx(66.67)


async def test_tb_counts_persons_screened_and_those_ever_suspect_in_the_month(place: Monitoring) -> None:
    world = place.world
    await place.feed.apply(
        world.screening("a1", "ani", CHILD, TB_YES),
        world.screening("a2", "ani", CHILD, TB_NO, minute=5),
        world.screening("b1", "budi", ELDER, TB_NO),
    )
    numbers = await place.numbers(VILLAGE, "TB_SUSPECT")
    assert (numbers["numerator"], numbers["denominator"], numbers["denominator_kind"]) == (1, 2, "screened")
    assert numbers["value"] == 1


async def test_a_correction_replaces_and_a_void_removes(place: Monitoring) -> None:
    world = place.world
    await place.feed.apply(world.screening("s1", "ani", CHILD, SHORT, observed=WEIGHED))
    assert await place.ratio("13", "STUNTING") == (1, 1)
    await place.feed.apply(world.screening("s1", "ani", CHILD, TALL, observed=WEIGHED))
    assert await place.ratio("13", "STUNTING") == (0, 1)
    await place.feed.apply(world.void("s1", "ani"))
    for area in LEVELS:
        assert await place.ratio(area, "STUNTING") == (0, 0)
        assert (await place.numbers(area, "D_S"))["numerator"] == 0


async def test_record_correct_and_void_in_one_batch_leave_nothing(place: Monitoring) -> None:
    world = place.world
    await place.feed.apply(
        world.screening("s1", "ani", CHILD, SHORT),
        world.screening("s1", "ani", CHILD, TALL),
        world.void("s1", "ani"),
        world.screening("s2", "budi", CHILD, TALL),
    )
    assert await place.ratio(VILLAGE, "STUNTING") == (0, 1)


async def test_late_data_enter_their_true_month_and_a_moved_day_leaves_the_old_one(place: Monitoring) -> None:
    world = place.world
    await place.feed.apply(world.screening("s1", "ani", CHILD, SHORT, day=OCTOBER))
    assert await place.ratio(VILLAGE, "STUNTING", "2026-10") == (1, 1)
    assert (await place.numbers(VILLAGE, "STUNTING"))["previous"]["numerator"] == 1
    await place.feed.apply(world.screening("s1", "ani", CHILD, SHORT, day=DAY))
    assert await place.ratio(VILLAGE, "STUNTING", "2026-10") == (0, 0)
    assert await place.ratio(VILLAGE, "STUNTING") == (1, 1)


async def test_who_moves_home_counts_once_where_the_last_screening_says(place: Monitoring) -> None:
    world = place.world
    await place.feed.apply(world.screening("s1", "ani", CHILD, TB_NO))
    await place.feed.apply(world.screening("s2", "ani", CHILD, TB_YES, village=f"{ABROAD}.RW01", minute=5))
    assert await place.ratio(VILLAGE, "TB_SUSPECT") == (0, 0)
    assert await place.ratio(ABROAD, "TB_SUSPECT") == (1, 1)
    assert await place.ratio("id", "TB_SUSPECT") == (1, 1)
    await place.feed.apply(world.void("s2", "ani", village=ABROAD))
    assert await place.ratio(VILLAGE, "TB_SUSPECT") == (0, 1)
    assert await place.ratio("14", "TB_SUSPECT") == (0, 0)


async def test_events_delivered_again_change_nothing(place: Monitoring) -> None:
    world = place.world
    events = await place.feed.apply(
        world.screening("s1", "ani", CHILD, SHORT), world.task("t1", "requested"), world.person("ani", CHILD)
    )
    before = await place.situation("13.76")
    assert await place.feed.redeliver(events) == set()
    assert await place.situation("13.76") == before


async def test_tasks_count_in_the_month_they_were_opened_until_closed(place: Monitoring) -> None:
    world = place.world
    await place.feed.apply(
        world.task("t1", "requested"),
        world.task("t2", "requested"),
        world.task("t3", "requested"),
        world.task("t4", "requested", opened=OCTOBER),
    )
    await place.feed.apply(world.task("t1", "accepted"), world.task("t2", "completed"), world.task("t3", "cancelled"))
    assert await place.ratio("13.76", "FOLLOW_UP_OPEN") == (1, 2)
    assert await place.ratio("13.76", "FOLLOW_UP_OPEN", "2026-10") == (1, 1)


async def test_a_void_of_something_never_recorded_is_set_aside_and_said_so(place: Monitoring) -> None:
    await place.feed.apply(place.world.void("ghost", "ani"), place.world.screening("s1", "budi", CHILD, TB_NO))
    situation = await place.situation(VILLAGE)
    assert situation["parked"] == 1
    assert await place.ratio(VILLAGE, "TB_SUSPECT") == (0, 1)
