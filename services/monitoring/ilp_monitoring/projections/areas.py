"""Published area trees → `area`, and the projected sasaran of their villages. Called by the projection.

A tree replaces its regency's subtree. All trees of a batch are stored together: the first load brings the nation.
"""

from collections.abc import Sequence

from ilp_monitoring.projections import area_repository
from ilp_monitoring.rules.rollup import Deltas, Key, Pair, difference
from ilp_monitoring.rules.sasaran import split_evenly
from ilp_monitoring.sasaran.loader import regency_sizes
from ilp_shared.bus.contract.envelope import Event
from ilp_shared.db.connection import Connection
from ilp_shared.events.registry.v1 import AreaTreePublished


async def apply(conn: Connection, events: Sequence[Event]) -> Deltas:
    """Apply tree events; returns the differences of sasaran keyed (village, population group)."""
    newest: dict[str, tuple[int, AreaTreePublished]] = {}
    for event in sorted(events, key=lambda event: event.aggregate_version):
        if isinstance(event.data, AreaTreePublished):
            newest[event.data.root] = (event.aggregate_version, event.data)
    if not newest:
        return Deltas()
    fresh = await area_repository.claim_trees(conn, {root: version for root, (version, _) in newest.items()})
    if not fresh:
        return Deltas()
    trees = [newest[root][1] for root in fresh]
    before = await area_repository.stored_sizes(conn, fresh)
    await area_repository.replace_areas(conn, fresh, [area for tree in trees for area in tree.areas])
    return difference(before, {key: size for tree in trees for key, size in _sizes(tree).items()})


def _sizes(tree: AreaTreePublished) -> dict[Key, Pair]:
    villages = [area.code for area in tree.areas if area.level == "village"]
    return {
        (village, group): (n, 0)
        for group, size in regency_sizes(tree.root).items()
        for village, n in split_evenly(size, villages).items()
    }
