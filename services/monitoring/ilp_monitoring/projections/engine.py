"""Applies a batch of events of all sources to the numbers, inside the consumer's transaction.

One batch from top to bottom: the clock is locked, each adapter stores its states and adds its differences, cells move,
the clock advances. A few statements per batch, whatever its size.
"""

import time
from collections.abc import Sequence
from typing import Protocol

from ilp_monitoring.indicators.fingerprint import fingerprint
from ilp_monitoring.indicators.loader import definitions
from ilp_monitoring.indicators.schemas import Definitions
from ilp_monitoring.projections import cells, completeness
from ilp_monitoring.projections.adapters.cluster import Tasks
from ilp_monitoring.projections.adapters.registry import AreaTrees, Facilities, Residents
from ilp_monitoring.projections.adapters.screening import OpenDays, Screenings
from ilp_monitoring.projections.cells import Differences
from ilp_monitoring.projections.clock import advance_clock, lock_clock
from ilp_shared import metrics
from ilp_shared.bus.archive.unit import Unit
from ilp_shared.bus.contract.envelope import Event
from ilp_shared.db.connection import Connection
from ilp_shared.events.base import EventData


class Adapter(Protocol):
    """One kind of aggregate of a source: from its events to its present state, and to differences of numbers."""

    handles: frozenset[type[EventData]]

    async def apply(self, conn: Connection, events: Sequence[Event], differences: Differences) -> None:
        """Store what events of the handled types (one at least, in order) change; add how numbers move by it."""


class SituationProjection:
    """The projection of monitoring; deterministic and set-based."""

    def __init__(self, in_force: Definitions | None = None) -> None:
        in_force = in_force or definitions()
        self._counted_by = fingerprint(in_force)
        self._adapters: tuple[Adapter, ...] = (
            AreaTrees(),
            Facilities(),
            Residents(),
            Tasks(),
            Screenings(in_force),
            OpenDays(),
        )
        self.handles: frozenset[type[EventData]] = frozenset[type[EventData]]().union(
            *(adapter.handles for adapter in self._adapters)
        )

    async def apply(self, unit: Unit, events: Sequence[Event]) -> None:
        """Apply events in order; raises ValueError for one that contradicts what came before (it is parked).

        Raises ProjectionRefuses when the numbers so far were counted by other definitions.
        """
        conn, differences = unit.conn, Differences()
        asked = time.perf_counter()
        sequence = await lock_clock(conn, self._counted_by) + 1
        taken = time.perf_counter()
        metrics.CLOCK_WAIT.observe(taken - asked)
        unit.at_end.append(lambda: metrics.CLOCK_HOLD.observe(time.perf_counter() - taken))
        for adapter in self._adapters:
            own = [event for event in events if type(event.data) in adapter.handles]
            if own:
                await adapter.apply(conn, own, differences)
        complete = await completeness.apply(conn, differences)
        moved = await cells.move(conn, sequence, differences, complete)
        as_of = max(event.recorded_at for event in events)
        await advance_clock(conn, sequence if moved else None, as_of, self._counted_by)
