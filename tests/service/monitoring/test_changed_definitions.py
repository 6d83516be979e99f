"""Definitions that count otherwise touch no number until a rebuild; definitions in other words do."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from ilp_monitoring.indicators.fingerprint import fingerprint
from ilp_monitoring.indicators.loader import definitions
from ilp_monitoring.indicators.schemas import Definitions, Indicator
from ilp_monitoring.projections.clock import CountedOtherwise
from ilp_monitoring.projections.engine import SituationProjection
from ilp_monitoring.service import SERVICE
from ilp_shared.bus.contract.envelope import NewEvent
from ilp_shared.text import Text
from tests.service.monitoring.archives import Archives, open_archives
from tests.service.monitoring.events import CHILD, ELDER, PRESSURE, VILLAGE, WEIGHED, World
from tests.support.addresses import Address
from tests.support.databases import Databases
from tests.support.feeding import Feed

_IN_FORCE = "5612bbca336f0d95613a11eb7526f42c7270ab01d1839b7a63d1c89fb45fe043"
_STATE = ("SELECT * FROM cell ORDER BY 1, 2, 3", "SELECT * FROM observation ORDER BY 1", "SELECT * FROM position")


@pytest_asyncio.fixture(loop_scope="session")
async def archives(databases: Databases, postgres_url: Address) -> AsyncIterator[Archives]:
    """Open archives and monitoring, empty."""
    async with open_archives(postgres_url, await databases.create(SERVICE)) as archives:
        yield archives


def _one_more(indicator: Indicator) -> Definitions:
    """Return the definitions in force, and one that counts the adults who were weighed."""
    in_force = definitions()
    counts = indicator.counts.model_copy(update={"group": "adult"})
    new = indicator.model_copy(update={"code": "NEW", "counts": counts})
    return in_force.model_copy(update={"indicators": (*in_force.indicators, new)})


def _history(world: World) -> list[NewEvent]:
    return [
        world.tree("13.76", VILLAGE),
        world.posyandu("mawar"),
        world.screening("s1", "ani", CHILD, observed=WEIGHED),
        world.screening("s2", "budi", ELDER, PRESSURE, observed=WEIGHED),
    ]


async def _state(archives: Archives) -> list[list[tuple[object, ...]]]:
    return [[tuple(row) for row in await archives.pool.fetch(query)] for query in _STATE]


async def test_a_void_takes_nothing_from_an_indicator_that_never_counted_it(archives: Archives) -> None:
    world = World()
    events = await archives.tell(*_history(world))
    before = await _state(archives)
    changed = Feed(archives.pool, SituationProjection(_one_more(definitions().indicators[0])))

    void = await archives.publish(world.void("s2", "budi"))
    with pytest.raises(CountedOtherwise, match="python -m ilp_monitoring rebuild"):
        await changed.redeliver(void)
    assert await _state(archives) == before
    assert await archives.pool.fetchval("SELECT count(*) FROM parked") == 0

    await archives.forget_projection()
    assert not await changed.redeliver(events)
    new = "SELECT numerator FROM cell WHERE indicator = 'NEW' AND area_code = $1"
    assert await archives.pool.fetchval(new, VILLAGE) == 1
    assert not await changed.redeliver(void)
    assert await archives.pool.fetchval(new, VILLAGE) == 0
    assert await archives.pool.fetchval("SELECT min(numerator) FROM cell") == 0
    with pytest.raises(CountedOtherwise):
        await archives.tell(world.task("t1", "requested"))


async def test_other_words_for_the_same_count_need_no_rebuild(archives: Archives) -> None:
    world, in_force = World(), definitions()
    await archives.tell(*_history(world))
    words = {"name": Text("Ditimbang", "Weighed"), "class_breaks": (1, 2, 3, 4), "target": None}
    first = in_force.indicators[0].model_copy(update=words)
    reworded = in_force.model_copy(update={"version": "2026.2", "indicators": (first, *in_force.indicators[1:])})
    void = await archives.publish(world.void("s2", "budi"))
    assert not await Feed(archives.pool, SituationProjection(reworded)).redeliver(void)
    assert (await archives.recount()).equal


def test_the_fingerprint_changes_on_purpose_only() -> None:
    assert fingerprint(definitions()) == _IN_FORCE, "a rebuild everywhere: meant, and in the release notes?"


async def test_a_database_without_numbers_takes_the_definitions_of_its_first_batch(archives: Archives) -> None:
    counted_by = "SELECT counted_by FROM projection_clock"
    assert await archives.pool.fetchval(counted_by) is None
    await archives.tell(*_history(World()))
    assert await archives.pool.fetchval(counted_by) == _IN_FORCE
