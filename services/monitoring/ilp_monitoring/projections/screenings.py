"""Screenings → each resident's contribution, once per month. Called by the projection with a batch's screenings.

Only (person, month) pairs that the batch touches are counted anew: from all their screenings as they were before it
and as they are after it, and cells move by the difference. So corrections, voids, late and moved screenings need no
case of their own. What is counted follows from the stored screenings and the definitions alone: changed definitions
need a rebuild, and until then the clock refuses the batch (`indicators/fingerprint.py`).
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from uuid import UUID

from ilp_monitoring.indicators.schemas import Definitions
from ilp_monitoring.projections import screening_repository as repository
from ilp_monitoring.projections.completeness_repository import FacilityMonth
from ilp_monitoring.projections.screening_repository import PersonMonth, ScreeningState
from ilp_monitoring.rules.contributions import PersonRules, Seen
from ilp_monitoring.rules.facts import Facts
from ilp_monitoring.rules.months import month_of
from ilp_monitoring.rules.rollup import Deltas
from ilp_shared.bus.contract.envelope import Event
from ilp_shared.db.connection import Connection
from ilp_shared.events.screening.v1 import ScreeningCorrected, ScreeningRecorded

Changed = Sequence[tuple[ScreeningState | None, ScreeningState]]
"""Screenings before (None: not known) and after a batch."""
Screened = Mapping[PersonMonth, Mapping[UUID, Seen]]


class Screenings:
    """Keeps observations and, through `cells`, the numbers of all levels."""

    def __init__(self, definitions: Definitions) -> None:
        self._facts = Facts(definitions.facts)
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
        await self._count_persons(conn, changed, cells)  # reads what was stored so far
        await repository.store_states(conn, [state for _, state in changed])
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
                facts=self._facts.of(data.observed, data.results),
                voided=False,
            )
        if known is None:
            raise ValueError("void of a screening that was never recorded")
        return known._replace(version=event.aggregate_version, voided=True)

    async def _count_persons(self, conn: Connection, changed: Changed, cells: Deltas) -> None:
        touched = {(state.person_id, state.period) for pair in changed for state in pair if state is not None}
        before = await repository.screenings_of(conn, touched)
        after = _replaced(before, changed)
        for person_month in touched:
            self._add(cells, person_month, before, -1)
            self._add(cells, person_month, after, 1)

    def _add(self, cells: Deltas, person_month: PersonMonth, seen: Screened, sign: int) -> None:
        if person_month not in seen:
            return
        _, period = person_month
        contributions = self._rules.contributions(period, list(seen[person_month].values()))
        for indicator, (area, numerator, denominator) in contributions.items():
            cells.add((area, period, indicator), sign * numerator, sign * denominator)


def _replaced(before: Screened, changed: Changed) -> Screened:
    """Return the screenings of each person and month as they are after the changes."""
    after = {person_month: dict(seen) for person_month, seen in before.items()}
    for old, new in changed:
        if old is not None and not old.voided:
            del after[old.person_id, old.period][old.screening_id]
        if not new.voided:
            after.setdefault((new.person_id, new.period), {})[new.screening_id] = Seen(
                new.day, new.occurred_at, new.screening_id, new.home_area, new.birth_month, new.facts
            )
    return after


def _reports(changed: Changed) -> Counter[FacilityMonth]:
    """Return the difference in non-void screenings per posyandu and month."""
    reports: Counter[FacilityMonth] = Counter()
    for old, new in changed:
        for state, sign in ((old, -1), (new, 1)):
            if state is not None and not state.voided and state.facility_kind == "posyandu":
                reports[state.facility_id, state.period] += sign
    return Counter({key: n for key, n in reports.items() if n})
