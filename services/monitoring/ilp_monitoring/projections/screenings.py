"""Screenings → each resident's contribution, once per month. Called by the projection with a batch's screenings.

Only (person, month) pairs that the batch touches are counted anew, from all their screenings; cells move by the
difference to what was stored. So corrections, voids, late and moved screenings need no case of their own.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from ilp_monitoring.indicators.schemas import Definitions
from ilp_monitoring.projections import screening_repository as repository
from ilp_monitoring.projections.completeness_repository import FacilityMonth
from ilp_monitoring.projections.screening_repository import CoverageKey, PersonMonth, ScreeningState
from ilp_monitoring.rules.contributions import Contribution, PersonRules, Seen
from ilp_monitoring.rules.facts import facts_of
from ilp_monitoring.rules.months import month_of
from ilp_monitoring.rules.rollup import Deltas
from ilp_shared.bus.envelope import Event
from ilp_shared.db.connection import Connection
from ilp_shared.events.screening.v1 import ScreeningCorrected, ScreeningRecorded


class Screenings:
    """Keeps observations, coverage and, through `cells`, the numbers of all levels."""

    def __init__(self, definitions: Definitions) -> None:
        self._facts = definitions.facts
        self._rules = PersonRules(definitions)

    async def apply(self, conn: Connection, events: Sequence[Event], cells: Deltas) -> Counter[FacilityMonth]:
        """Apply screening events; adds to `cells`, returns how many screenings each posyandu gained per month."""
        if not events:
            return Counter()
        before = await repository.states(conn, {event.aggregate_id for event in events})
        after = dict(before)
        for event in events:
            known = after.get(event.aggregate_id)
            if known is None or known.version < event.aggregate_version:
                after[event.aggregate_id] = self._state(event, known)
        changed = [(before.get(key), state) for key, state in after.items() if before.get(key) is not state]
        await repository.store_states(conn, [state for _, state in changed])
        await self._count_persons(conn, changed, cells)
        return _reports(changed)

    def _state(self, event: Event, known: ScreeningState | None) -> ScreeningState:
        data = event.data
        if isinstance(data, (ScreeningRecorded, ScreeningCorrected)):
            return ScreeningState(
                screening_id=event.aggregate_id,
                version=event.aggregate_version,
                person_id=data.person_id,
                facility_id=data.facility_id,
                facility_kind=data.facility_kind,
                facility_area=data.facility_area,
                period=month_of(data.day),
                day=data.day,
                occurred_at=event.occurred_at,
                home_area=data.home_area,
                birth_month=data.birth_month,
                facts=facts_of(self._facts, data.observed, data.results),
                voided=False,
            )
        if known is None:
            raise ValueError("void of a screening that was never recorded")
        return known._replace(version=event.aggregate_version, voided=True)

    async def _count_persons(
        self, conn: Connection, changed: Iterable[tuple[ScreeningState | None, ScreeningState]], cells: Deltas
    ) -> None:
        touched = {(state.person_id, state.period) for pair in changed for state in pair if state is not None}
        stored = await repository.coverage(conn, touched)
        counted = self._recount(touched, await repository.screenings_of(conn, touched))
        gone = [key for key in stored if key not in counted]
        moved = {key: now for key, now in counted.items() if stored.get(key) != now}
        await repository.store_coverage(conn, moved)
        await repository.remove_coverage(conn, gone)
        for key in gone:
            _add(cells, key, stored[key], -1)
        for key, now in moved.items():
            if key in stored:
                _add(cells, key, stored[key], -1)
            _add(cells, key, now, 1)

    def _recount(
        self, touched: Iterable[PersonMonth], seen: Mapping[PersonMonth, Sequence[Seen]]
    ) -> dict[CoverageKey, Contribution]:
        return {
            (person, period, indicator): contribution
            for person, period in touched
            for indicator, contribution in self._rules.contributions(period, seen.get((person, period), ())).items()
        }


def _add(cells: Deltas, key: CoverageKey, contribution: Contribution, sign: int) -> None:
    _, period, indicator = key
    area, numerator, denominator = contribution
    cells.add((area, period, indicator), sign * numerator, sign * denominator)


def _reports(changed: Iterable[tuple[ScreeningState | None, ScreeningState]]) -> Counter[FacilityMonth]:
    """Return the difference in non-void screenings per posyandu and month."""
    reports: Counter[FacilityMonth] = Counter()
    for old, new in changed:
        for state, sign in ((old, -1), (new, 1)):
            if state is not None and not state.voided and state.facility_kind == "posyandu":
                reports[state.facility_id, state.period] += sign
    return Counter({key: n for key, n in reports.items() if n})
