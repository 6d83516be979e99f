"""Applies a batch of events of all sources to the cells. Called by the consumer inside its transaction.

Batches run one after another (they lock the clock first): a person's screenings may come over different shards,
and readers resume by a sequence that must follow commit order.
"""

from collections.abc import Sequence

from ilp_monitoring.indicators.fingerprint import fingerprint
from ilp_monitoring.indicators.loader import definitions
from ilp_monitoring.indicators.schemas import Definitions
from ilp_monitoring.projections import areas, cell_repository, completeness, facilities, open_days, residents, tasks
from ilp_monitoring.projections.screenings import Screenings
from ilp_monitoring.rules.rollup import Deltas
from ilp_shared.bus.contract.envelope import Event
from ilp_shared.db.connection import Connection
from ilp_shared.events.base import EventData
from ilp_shared.events.cluster.v1 import TaskChanged
from ilp_shared.events.registry.v1 import AreaTreePublished, FacilityRegistered, PersonRegistered
from ilp_shared.events.screening.v1 import (
    OpenDayScheduled,
    ScreeningCorrected,
    ScreeningRecorded,
    ScreeningVoided,
)

_SCREENED = (ScreeningRecorded, ScreeningCorrected, ScreeningVoided)


class SituationProjection:
    """The projection of monitoring; deterministic, set-based: a few statements per batch, whatever its size."""

    handles: frozenset[type[EventData]] = frozenset(
        {AreaTreePublished, FacilityRegistered, PersonRegistered, TaskChanged, OpenDayScheduled, *_SCREENED}
    )

    def __init__(self, known: Definitions | None = None) -> None:
        known = known or definitions()
        self._screenings = Screenings(known)
        self._counted_by = fingerprint(known)

    async def apply(self, conn: Connection, events: Sequence[Event]) -> None:
        """Apply events in order; raises ValueError for one that contradicts what came before (it is parked).

        Raises ProjectionRefuses when the numbers so far were counted by other definitions.
        """
        sequence = await cell_repository.lock_clock(conn, self._counted_by) + 1
        sizes = await areas.apply(conn, _of(events, AreaTreePublished))
        await facilities.apply(conn, _of(events, FacilityRegistered))
        population = await residents.apply(conn, _of(events, PersonRegistered))
        cells = Deltas()
        await tasks.apply(conn, _of(events, TaskChanged), cells)
        reports = await self._screenings.apply(conn, _of(events, *_SCREENED), cells)
        opened = await open_days.apply(conn, _of(events, OpenDayScheduled))
        complete = await completeness.apply(conn, opened, reports)

        moved = [
            await cell_repository.move_cells(conn, sequence, cells.rolled_up()),
            await cell_repository.move_completeness(conn, sequence, complete.as_they_are()),
            await cell_repository.move_population(conn, sequence, population.rolled_up()),
            await cell_repository.move_sasaran(conn, sequence, sizes.rolled_up()),
        ]
        as_of = max(event.recorded_at for event in events)
        await cell_repository.advance_clock(conn, sequence if any(moved) else None, as_of, self._counted_by)


def _of(events: Sequence[Event], *types: type[EventData]) -> list[Event]:
    return [event for event in events if type(event.data) in types]
