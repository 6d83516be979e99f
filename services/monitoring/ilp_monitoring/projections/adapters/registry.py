"""The registry's events: area trees with their projected sasaran, facilities, and residents by month of birth.

A tree replaces its regency's subtree. All trees of a batch are stored together: the first load brings the nation.
"""

from collections.abc import Sequence

from ilp_monitoring.projections import area_tree
from ilp_monitoring.projections.cells import Differences, Key, Pair, difference
from ilp_monitoring.projections.state import FACILITIES, RESIDENTS, FacilityState, ResidentState, changed_by, signed
from ilp_monitoring.rules.months import month_of
from ilp_monitoring.rules.reporting import REPORTS
from ilp_monitoring.rules.sasaran import split_evenly
from ilp_monitoring.sasaran.loader import regency_sizes
from ilp_shared.areas import village_of
from ilp_shared.bus.contract.envelope import Event
from ilp_shared.db.connection import Connection
from ilp_shared.db.copies import newest
from ilp_shared.events.base import EventData
from ilp_shared.events.registry.v1 import AreaTreePublished, FacilityRegistered, PersonRegistered
from ilp_shared.scalars import folded_area


class AreaTrees:
    """Stores areas, and shares the sasaran of each regency among its villages."""

    handles: frozenset[type[EventData]] = frozenset({AreaTreePublished})

    async def apply(self, conn: Connection, events: Sequence[Event], differences: Differences) -> None:
        """Apply tree events."""
        published = [(e.data, e.aggregate_version) for e in events if isinstance(e.data, AreaTreePublished)]
        versions = newest(published, key=lambda tree: tree[0].root, version=lambda tree: tree[1])
        regencies = await area_tree.claim_trees(conn, {root: version for root, (_, version) in versions.items()})
        if not regencies:
            return
        trees = [versions[root][0] for root in regencies]
        before = await area_tree.stored_sizes(conn, regencies)
        await area_tree.replace_areas(conn, regencies, [area for tree in trees for area in tree.areas])
        differences.sasaran = difference(before, {key: size for tree in trees for key, size in _sizes(tree).items()})


def _sizes(tree: AreaTreePublished) -> dict[Key, Pair]:
    villages = [area.code for area in tree.areas if area.level == "village"]
    return {
        (village, group): (n, 0)
        for group, size in regency_sizes(tree.root).items()
        for village, n in split_evenly(size, villages).items()
    }


class Facilities:
    """Stores facilities, and counts the posyandu that are registered in each area."""

    handles: frozenset[type[EventData]] = frozenset({FacilityRegistered})

    async def apply(self, conn: Connection, events: Sequence[Event], differences: Differences) -> None:
        """Apply facility events: of each facility, the newest version is stored and counted."""
        changed = await changed_by(conn, FACILITIES, events, _facility)
        await FACILITIES.store(conn, [state for _, state in changed])
        for state, sign in signed(changed):
            if state.kind == REPORTS:
                differences.posyandu.add((village_of(state.area_code),), sign)


def _facility(event: Event, _known: FacilityState | None) -> FacilityState:
    data = event.data
    assert isinstance(data, FacilityRegistered)  # noqa: S101 - narrows for the type checker
    return FacilityState(
        facility_id=event.aggregate_id,
        version=event.aggregate_version,
        kind=data.kind,
        name=data.name,
        area_code=folded_area(data.area_code),
        example_data=data.example_data,
    )


class Residents:
    """Stores the persons of the master index, and counts the active ones for the real denominators."""

    handles: frozenset[type[EventData]] = frozenset({PersonRegistered})

    async def apply(self, conn: Connection, events: Sequence[Event], differences: Differences) -> None:
        """Apply person events."""
        changed = await changed_by(conn, RESIDENTS, events, _resident)
        await RESIDENTS.store(conn, [state for _, state in changed])
        for state, sign in signed(changed):
            if state.active:
                differences.population.add((village_of(state.home_area), state.birth_month, state.sex), sign)


def _resident(event: Event, _known: ResidentState | None) -> ResidentState:
    data = event.data
    assert isinstance(data, PersonRegistered)  # noqa: S101 - narrows for the type checker
    return ResidentState(
        person_id=event.aggregate_id,
        version=event.aggregate_version,
        sex=data.sex,
        birth_month=month_of(data.birth_date),
        home_area=data.home_area,
        active=data.active,
    )
