"""Screening's events: screenings become each resident's contribution, once per month; open days become expectations.

Only the (person, month) pairs that a batch changes are counted again: from all their screenings as they were before it
and as they are after it. Cells move by the difference, so corrections, voids, late and moved screenings need no case of
their own. Contributions follow from the stored screenings and the definitions alone: changed definitions need a
rebuild, and until then the clock refuses the batch (`indicators/fingerprint.py`).
"""

from collections.abc import Mapping, Sequence
from datetime import UTC
from uuid import UUID

from ilp_monitoring.indicators.schemas import Definitions
from ilp_monitoring.projections.cells import Deltas, Differences
from ilp_monitoring.projections.state import (
    OPEN_DAYS,
    SCREENINGS,
    Changed,
    OpenDayState,
    PersonMonth,
    ScreeningState,
    changed_by,
    screenings_of,
    signed,
)
from ilp_monitoring.rules.contributions import Contribution, CountedScreening, FactRules, PersonRules, first_of_year
from ilp_monitoring.rules.months import month_of
from ilp_monitoring.rules.reporting import REPORTS
from ilp_shared.areas import village_of
from ilp_shared.bus.contract.envelope import Event
from ilp_shared.db.connection import Connection
from ilp_shared.events.base import EventData
from ilp_shared.events.screening.v1 import (
    OpenDayScheduled,
    ScreeningCorrected,
    ScreeningRecorded,
    ScreeningVoided,
)

PersonYear = tuple[UUID, str]
Contributions = Mapping[str, Contribution]
PersonScreenings = Mapping[PersonMonth, Mapping[UUID, CountedScreening]]


class Screenings:
    """Stores observations and counts the persons whose screenings changed."""

    handles: frozenset[type[EventData]] = frozenset({ScreeningRecorded, ScreeningCorrected, ScreeningVoided})

    def __init__(self, definitions: Definitions) -> None:
        self._facts = FactRules(definitions.facts)
        self._rules = PersonRules(definitions)

    async def apply(self, conn: Connection, events: Sequence[Event], differences: Differences) -> None:
        """Apply screening events; raises ValueError for the void of a screening that was never recorded."""
        changed = await changed_by(conn, SCREENINGS, events, self._state)
        await self._count_persons(conn, changed, differences)  # reads what was stored so far
        await SCREENINGS.store(conn, [state for _, state in changed])
        _add_arrivals(differences, events, {state.screening_id for known, state in changed if known is None})
        for state, sign in signed(changed):
            if not state.voided and state.facility_kind == REPORTS:
                differences.reports[state.facility_id, state.period] += sign

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
                facts=self._facts.mask(data.observed, data.results),
                voided=False,
            )
        if known is None:
            raise ValueError("void of a screening that was never recorded")
        return known._replace(version=event.aggregate_version, voided=True)

    async def _count_persons(
        self, conn: Connection, changed: Changed[ScreeningState], differences: Differences
    ) -> None:
        persons = {(state.person_id, state.period) for pair in changed for state in pair if state is not None}
        before = await screenings_of(conn, persons)
        after = _replaced(before, changed)
        years: set[PersonYear] = set()
        for person_month in persons:
            old, new = self._contributions(person_month, before), self._contributions(person_month, after)
            _add(differences.cells, person_month[1], old, -1)
            _add(differences.cells, person_month[1], new, 1)
            if any(old.get(indicator) != new.get(indicator) for indicator in self._rules.yearly):
                years.add((person_month[0], person_month[1][:4]))
        if years:
            await self._count_years(conn, changed, years, differences.firsts)

    def _contributions(self, person_month: PersonMonth, screenings: PersonScreenings) -> Contributions:
        return self._rules.contributions(person_month[1], list(screenings.get(person_month, {}).values()))

    async def _count_years(
        self, conn: Connection, changed: Changed[ScreeningState], years: set[PersonYear], firsts: Deltas
    ) -> None:
        """Count persons once a year, from all their screenings of the year, before and after."""
        months = {(person, f"{year}-{month:02d}") for person, year in years for month in range(1, 13)}
        before = await screenings_of(conn, months)
        after = _replaced(before, [pair for pair in changed if _in_years(pair, years)])
        for sign, screenings in ((-1, before), (1, after)):
            by_year: dict[PersonYear, dict[str, Contributions]] = {}
            for person, month in months & screenings.keys():
                contributions = self._contributions((person, month), screenings)
                by_year.setdefault((person, month[:4]), {})[month] = contributions
            for counted in by_year.values():
                for indicator in self._rules.yearly:
                    first = first_of_year(counted, indicator)
                    if first is not None:
                        firsts.add((*first, indicator), sign)


def _add_arrivals(differences: Differences, events: Sequence[Event], new: set[UUID]) -> None:
    """Count each new screening as it was recorded; no result and no task, which would tell of one person's result."""
    for event in events:
        data = event.data
        if isinstance(data, ScreeningRecorded) and data.screening_id in new:
            new.remove(data.screening_id)
            minute = event.recorded_at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M")
            weighed = int("weight_kg" in data.observed)
            key = (village_of(data.facility_area), minute, str(data.facility_id))
            differences.arrivals.add(key, weighed, 1 - weighed)


def _add(cells: Deltas, period: str, contributions: Contributions, sign: int) -> None:
    for indicator, (area, numerator, denominator) in contributions.items():
        cells.add((area, period, indicator), sign * numerator, sign * denominator)


def _in_years(pair: tuple[ScreeningState | None, ScreeningState], years: set[PersonYear]) -> bool:
    """Tell whether a change concerns any of the years of persons: before it, or after it."""
    return any(state is not None and (state.person_id, state.period[:4]) in years for state in pair)


def _replaced(before: PersonScreenings, changed: Changed[ScreeningState]) -> PersonScreenings:
    """Return the screenings of each person and month as they are after the changes."""
    after = {person_month: dict(screenings) for person_month, screenings in before.items()}
    for old, new in changed:
        if old is not None and not old.voided:
            after.get((old.person_id, old.period), {}).pop(old.screening_id, None)
        if not new.voided:
            after.setdefault((new.person_id, new.period), {})[new.screening_id] = CountedScreening(
                new.day, new.occurred_at, new.screening_id, new.home_area, new.birth_month, new.facts
            )
    return after


class OpenDays:
    """Stores open days: how many each posyandu has in each month and village."""

    handles: frozenset[type[EventData]] = frozenset({OpenDayScheduled})

    async def apply(self, conn: Connection, events: Sequence[Event], differences: Differences) -> None:
        """Apply open-day events."""
        changed = await changed_by(conn, OPEN_DAYS, events, _open_day)
        await OPEN_DAYS.store(conn, [state for _, state in changed])
        for state, sign in signed(changed):
            if not state.cancelled and state.facility_kind == REPORTS:
                key = (state.facility_id, month_of(state.day), village_of(state.facility_area))
                differences.open_days[key] += sign


def _open_day(event: Event, _known: OpenDayState | None) -> OpenDayState:
    data = event.data
    assert isinstance(data, OpenDayScheduled)  # noqa: S101 - narrows for the type checker
    return OpenDayState(
        open_day_id=event.aggregate_id,
        version=event.aggregate_version,
        facility_id=data.facility_id,
        facility_kind=data.facility_kind,
        facility_area=data.facility_area,
        day=data.day,
        cancelled=data.cancelled,
    )
