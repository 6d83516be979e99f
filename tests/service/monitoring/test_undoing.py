"""One of two is taken back, then the other; an older version comes late; and what moves no number moves no sequence."""

from dataclasses import replace

import pytest_asyncio

from ilp_shared.bus.contract.envelope import NewEvent
from ilp_shared.ids import new_id
from tests.service.monitoring.conftest import Monitoring
from tests.service.monitoring.events import CHILD, DAY, ELDER, NEIGHBOUR, TALL, VILLAGE, WEIGHED

LATER = DAY.replace(day=20)


@pytest_asyncio.fixture(loop_scope="session")
async def place(monitoring: Monitoring) -> Monitoring:
    """Feed two villages and a posyandu."""
    await monitoring.feed.apply(monitoring.world.tree("13.76", VILLAGE, NEIGHBOUR), monitoring.world.posyandu("mawar"))
    return monitoring


async def completeness(place: Monitoring) -> tuple[int, int]:
    """Return posyandu that reported, and posyandu that had an open day."""
    numbers = (await place.situation(VILLAGE))["completeness"]
    return numbers["reported"], numbers["expected"]


async def test_a_posyandu_has_reported_until_its_last_screening_is_void(place: Monitoring) -> None:
    world = place.world
    await place.feed.apply(
        world.open_day("open", "mawar"),
        world.screening("s1", "ani", CHILD, TALL),
        world.screening("s2", "budi", CHILD, TALL),
    )
    assert await completeness(place) == (1, 1)
    await place.feed.apply(world.void("s1", "ani"))
    assert await completeness(place) == (1, 1)
    await place.feed.apply(world.void("s2", "budi"))
    assert await completeness(place) == (0, 1)


async def test_a_posyandu_is_expected_until_its_last_open_day_is_cancelled(place: Monitoring) -> None:
    world = place.world
    await place.feed.apply(world.open_day("first", "mawar"), world.open_day("second", "mawar", LATER))
    assert await completeness(place) == (0, 1)
    await place.feed.apply(world.open_day("first", "mawar", cancelled=True))
    assert await completeness(place) == (0, 1)
    await place.feed.apply(world.open_day("second", "mawar", LATER, cancelled=True))
    assert await completeness(place) == (0, 0)


def again(event: NewEvent) -> NewEvent:
    """Return the same version as an event of its own, to come behind newer ones."""
    return replace(event, event_id=new_id())


async def test_an_older_version_that_comes_late_changes_nothing(place: Monitoring) -> None:
    world = place.world
    old = [
        world.person("siti", ELDER),
        world.open_day("open", "mawar"),
        world.task("t", "requested"),
        world.screening("s", "ani", CHILD, observed=WEIGHED),
    ]
    new = [
        world.person("siti", ELDER, NEIGHBOUR),
        world.open_day("open", "mawar", cancelled=True),
        world.task("t", "completed"),
        world.screening("s", "ani", CHILD, observed=WEIGHED, village=NEIGHBOUR),
    ]
    await place.feed.apply(*old, *new)

    async def shown() -> list[object]:
        situations = [await place.situation(area) for area in (VILLAGE, NEIGHBOUR, "13.76")]
        return [[one["indicators"], one["completeness"]] for one in situations]

    before = await shown()
    await place.feed.apply(*map(again, old))
    assert await shown() == before


async def test_what_moves_no_number_moves_no_sequence(place: Monitoring) -> None:
    world = place.world
    await place.feed.apply(world.screening("s", "ani", CHILD, observed=WEIGHED))
    before = (await place.situation("13.76"))["sequence"]
    await place.feed.apply(world.posyandu("mawar"))
    await place.feed.apply(world.tree("13.76", VILLAGE, NEIGHBOUR))
    assert (await place.situation("13.76"))["sequence"] == before
