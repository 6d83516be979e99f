"""From what a screening says to what its person contributes to the indicators of a month.

The heart of "each resident once per month". Facts are bits of a mask, as the definitions number them.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from typing import Final, NamedTuple
from uuid import UUID

from ilp_monitoring.indicators.schemas import Definitions, Fact, Indicator
from ilp_monitoring.rules.months import birth_range
from ilp_shared.areas import village_of
from ilp_shared.events.screening.v1 import ScreeningResult

_REMEMBERED: Final = 16_384
"""Combinations of month, month of birth and facts whose contribution stays in memory."""


class FactRules:
    """The facts of a definitions file, by the observation or result that establishes them."""

    def __init__(self, facts: Sequence[Fact]) -> None:
        self._observed: dict[str, int] = {}
        self._judged: dict[str, list[Fact]] = {}
        for fact in facts:
            if fact.observed is not None:
                self._observed[fact.observed] = self._observed.get(fact.observed, 0) | 1 << fact.bit
            elif fact.result is not None:
                self._judged.setdefault(fact.result, []).append(fact)

    def mask(self, observed: Iterable[str], results: Iterable[ScreeningResult]) -> int:
        """Return the facts that the observation codes and judged results of one screening establish."""
        mask = 0
        for code in observed:
            mask |= self._observed.get(code, 0)
        for result in results:
            for fact in self._judged.get(result.code, ()):
                if _establishes(fact, result):
                    mask |= 1 << fact.bit
        return mask


def _establishes(fact: Fact, result: ScreeningResult) -> bool:
    if fact.plausible_z and (result.z is None or result.flag is not None):
        return False
    return not fact.categories or result.category in fact.categories


class CountedScreening(NamedTuple):
    """One screening of the person in the month; fields in the order that decides which one is last."""

    day: date
    occurred_at: datetime
    screening_id: UUID
    home_area: str
    birth_month: str
    facts: int


class Contribution(NamedTuple):
    """Village, and 0 or 1 for numerator and denominator."""

    area_code: str
    numerator: int
    denominator: int


@dataclass(frozen=True)
class _Rule:
    indicator: str
    numerator: int
    denominator: int
    """Bit masks; 0 where the denominator is a sasaran."""
    last_only: bool
    min_months: int | None
    max_months: int | None


def first_of_year(months: Mapping[str, Mapping[str, Contribution]], indicator: str) -> tuple[str, str] | None:
    """Return (village, month) of the first month of a year that counts a person; None if none does.

    `months`: month → indicator → what the person contributes to it.
    """
    for month in sorted(months):
        contribution = months[month].get(indicator)
        if contribution is not None and contribution.numerator:
            return contribution.area_code, month
    return None


class PersonRules:
    """The person indicators of a definitions file, prepared for counting."""

    def __init__(self, definitions: Definitions) -> None:
        masks = {fact.code: 1 << fact.bit for fact in definitions.facts}
        groups = {group.code: group for group in definitions.population_groups}

        def rule(indicator: Indicator) -> _Rule:
            counts = indicator.counts
            group = groups[counts.group] if counts.group else None
            return _Rule(
                indicator=indicator.code,
                numerator=masks[counts.numerator or ""],
                denominator=masks.get(counts.denominator, 0),
                last_only=counts.take == "last",
                min_months=group.min_months if group else None,
                max_months=group.max_months if group else None,
            )

        self.yearly = tuple(i.code for i in definitions.indicators if i.counts.yearly)
        """Indicators that also count each person once a calendar year."""
        self._rules = [rule(i) for i in definitions.indicators if i.counts.of == "persons"]
        self._ranges: dict[str, list[tuple[_Rule, str, str]]] = {}
        self._once = lru_cache(_REMEMBERED)(self._counted_once)

    def contributions(self, period: str, screenings: Sequence[CountedScreening]) -> dict[str, Contribution]:
        """Return indicator → contribution for all non-void screenings of one person in one month.

        Independent of the order of `screenings`. Village and month of birth are those of the last screening.
        """
        if not screenings:
            return {}
        if len(screenings) == 1:
            last, pairs = screenings[0], self._once(period, screenings[0].birth_month, screenings[0].facts)
        else:
            ordered = sorted(screenings)
            last = ordered[-1]
            pairs = self._counted(period, last.birth_month, [one.facts for one in ordered])
        area = village_of(last.home_area)
        return {indicator: Contribution(area, *pair) for indicator, pair in pairs.items()}

    def _counted_once(self, period: str, birth_month: str, facts: int) -> dict[str, tuple[int, int]]:
        """Return what most people contribute: they were screened once. The same for all who are alike in this."""
        return self._counted(period, birth_month, [facts])

    def _counted(self, period: str, birth_month: str, facts: Sequence[int]) -> dict[str, tuple[int, int]]:
        """Return indicator → (numerator, denominator) of the facts of a person's screenings, the last one last."""
        pairs = {
            rule.indicator: _count(rule, facts)
            for rule, first_born, last_born in self._in(period)
            if first_born <= birth_month <= last_born
        }
        return {indicator: pair for indicator, pair in pairs.items() if any(pair)}

    def _in(self, period: str) -> list[tuple[_Rule, str, str]]:
        if period not in self._ranges:
            self._ranges[period] = [(r, *birth_range(period, r.min_months, r.max_months)) for r in self._rules]
        return self._ranges[period]


def _count(rule: _Rule, ordered: Sequence[int]) -> tuple[int, int]:
    numerator = denominator = 0
    for facts in reversed(ordered):
        if rule.denominator and not facts & rule.denominator:
            continue
        denominator = int(bool(rule.denominator))
        numerator |= int(facts & rule.numerator > 0)
        if rule.last_only:
            break
    return numerator, denominator
