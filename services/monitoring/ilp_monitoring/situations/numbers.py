"""Numbers of several areas in one month, with both denominators and the month before."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlmodel.ext.asyncio.session import AsyncSession

from ilp_monitoring.indicators.loader import definitions
from ilp_monitoring.indicators.schemas import Indicator
from ilp_monitoring.rules.judgement import Basis, class_of, reason_against, state_of, value_of
from ilp_monitoring.rules.months import birth_range, months_before
from ilp_monitoring.rules.participation import POPULATION
from ilp_monitoring.rules.vocabulary import DenominatorChoice, DenominatorKind, State
from ilp_monitoring.situations import repository
from ilp_monitoring.situations.areas import Completeness, Persons, Units
from ilp_monitoring.situations.schemas import FollowUpNumbers, IndicatorNumbers, PreviousNumbers, YearNumbers


@dataclass(frozen=True)
class Numbers:
    """Everything read for some areas and two months; `of` judges it for readers."""

    period: str
    previous: str
    cells: Mapping[tuple[str, str, str], tuple[int, int]]
    completeness: Mapping[tuple[str, str], tuple[int, int]]
    projected: Mapping[tuple[str, str], int]
    registered: Mapping[tuple[str, str], int]
    posyandu: Mapping[str, int]
    in_year: Mapping[tuple[str, str, str], int]
    tasks: Mapping[str, Any]
    """Area → tasks opened by the end of the month: opened, returned, waiting, overdue."""

    def units(self, area: str, period: str | None = None) -> Units:
        """Return the posyandu of an area: registered, opened, reported."""
        opened, reported = self.completeness.get((area, period or self.period), (0, 0))
        return Units(registered=self.posyandu.get(area, 0), opened=opened, reported=reported)

    def persons(self, area: str) -> Persons:
        """Return the people of an area: registered and projected."""
        registered = self.registered.get((area, f"{self.period} {POPULATION}"), 0)
        return Persons(registered=registered, projected=self.projected.get((area, POPULATION)))

    def complete(self, area: str) -> Completeness:
        """Return the completeness of an area."""
        units = self.units(area)
        return Completeness(reported=units.reported, expected=units.opened)

    def of(self, area: str, choice: DenominatorChoice) -> list[IndicatorNumbers]:
        """Return all indicators of an area, in the order of the definitions."""
        return [self.one(area, indicator, choice) for indicator in definitions().indicators]

    def one(self, area: str, indicator: Indicator, choice: DenominatorChoice) -> IndicatorNumbers:
        """Return one indicator of an area."""
        now = self._judge(area, self.period, indicator, choice)
        before = self._judge(area, self.previous, indicator, choice)
        return IndicatorNumbers(
            code=indicator.code,
            version=indicator.version,
            unit=indicator.unit,
            numerator=now.numerator,
            denominator=now.denominators[now.kind],
            denominator_kind=now.kind,
            denominators=now.denominators,
            value=now.value,
            state=now.state,
            map_class=None if indicator.counts.yearly else class_of(now.value, indicator.class_breaks),
            target=indicator.target.value if indicator.target and not indicator.counts.yearly else None,
            completeness=self.complete(area),
            previous=self._before(now, before),
            follow_ups=self._follow_ups(area, indicator) if indicator.counts.of == "tasks" else None,
            year=self._year(area, indicator, choice) if indicator.counts.yearly else None,
        )

    def _year(self, area: str, indicator: Indicator, choice: DenominatorChoice) -> YearNumbers:
        """Return the coverage of the year by the end of the month."""
        now, before = (
            self._judge(area, period, indicator, choice, year=True) for period in (self.period, self.previous)
        )
        month, previous = indicator.in_month(self.period), self._before(now, before)
        if self.period[:4] != self.previous[:4]:
            previous = previous.model_copy(update={"comparable": False, "reason": "other_year"})
        return YearNumbers(
            numerator=now.numerator,
            value=now.value,
            state=now.state,
            target=month.target.value if month.target else None,
            map_class=class_of(now.value, month.class_breaks),
            previous=previous,
        )

    def _follow_ups(self, area: str, indicator: Indicator) -> FollowUpNumbers:
        """Return the tasks that wait, that are overdue and that came back."""
        tasks, units = self.tasks.get(area), self.units(area)
        opened, overdue = (tasks.opened, tasks.overdue) if tasks else (0, 0)
        state = state_of(overdue, opened, counted=opened, **units.model_dump())
        value = value_of(overdue, opened, state, indicator.unit)
        return FollowUpNumbers(
            opened=opened,
            returned=tasks.returned if tasks else 0,
            waiting=tasks.waiting if tasks else 0,
            overdue=overdue,
            value=value,
            state=state,
            map_class=class_of(value, indicator.class_breaks),
        )

    def _before(self, now: "_Judged", before: "_Judged") -> PreviousNumbers:
        reason = reason_against(now.basis, before.basis)
        return PreviousNumbers(
            period=self.previous,
            numerator=before.numerator,
            denominator=before.denominators[before.kind],
            value=before.value,
            state=before.state,
            units=before.units,
            comparable=reason is None,
            reason=reason,
        )

    def _judge(
        self, area: str, period: str, indicator: Indicator, choice: DenominatorChoice, *, year: bool = False
    ) -> "_Judged":
        numerator, counted = self.cells.get((area, period, indicator.code), (0, 0))
        if year:
            numerator = self.in_year.get((area, period, indicator.code), 0)
        kind: DenominatorKind = indicator.counts.denominator_kind or choice
        denominators: dict[DenominatorKind, int | None] = {kind: counted}
        if indicator.sasaran_group is not None:
            denominators = {
                "projected": self.projected.get((area, indicator.sasaran_group)),
                "real": self.registered.get((area, f"{period} {indicator.sasaran_group}"), 0),
            }
        units = self.units(area, period)
        state = state_of(
            numerator,
            denominators[kind],
            counted=counted,
            registered=units.registered,
            opened=units.opened,
            reported=units.reported,
        )
        value = value_of(numerator, denominators[kind], state, indicator.unit)
        return _Judged(numerator, kind, denominators, state, value, units)


@dataclass(frozen=True)
class _Judged:
    numerator: int
    kind: DenominatorKind
    denominators: dict[DenominatorKind, int | None]
    state: State
    value: float | None
    units: Units

    @property
    def basis(self) -> Basis:
        """What the number rests on."""
        return Basis(self.denominators[self.kind], self.units.registered, self.units.reported)


async def read_numbers(session: AsyncSession, codes: Sequence[str], period: str) -> Numbers:
    """Read the numbers of areas for a month and the one before it."""
    previous = months_before(period, 1)
    ranges = {
        f"{month} {group.code}": birth_range(month, group.min_months, group.max_months)
        for month in (period, previous)
        for group in definitions().population_groups
    }
    return Numbers(
        period=period,
        previous=previous,
        cells=await repository.cells(session, codes, [period, previous]),
        completeness=await repository.completeness(session, codes, [period, previous]),
        projected=await repository.projected(session, codes),
        registered=await repository.registered(session, codes, ranges),
        posyandu=await repository.registered_units(session, codes),
        tasks=await repository.follow_ups(session, codes, period),
        in_year=await repository.counted_in_year(session, codes, [period, previous]),
    )
