"""What one person contributes to the indicators of one month. The heart of "each resident once per month".

Called by the projection for the (person, month) pairs that a batch touches.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from typing import NamedTuple
from uuid import UUID

from ilp_monitoring.indicators.schemas import Definitions, Indicator
from ilp_monitoring.rules.months import birth_range
from ilp_monitoring.rules.rollup import village_of

_REMEMBERED = 16_384
"""Combinations of month, month of birth and facts whose contribution is kept at hand."""


class Seen(NamedTuple):
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

        self._rules = [rule(i) for i in definitions.indicators if i.counts.of == "persons"]
        self._ranges: dict[str, list[tuple[_Rule, str, str]]] = {}
        self._once = lru_cache(_REMEMBERED)(self._counted_once)

    def contributions(self, period: str, seen: Sequence[Seen]) -> dict[str, Contribution]:
        """Return indicator → contribution for all non-void screenings of one person in one month.

        Independent of the order of `seen`. Village and month of birth are those of the last screening.
        """
        if not seen:
            return {}
        if len(seen) == 1:
            last, counted = seen[0], self._once(period, seen[0].birth_month, seen[0].facts)
        else:
            ordered = sorted(seen)
            last = ordered[-1]
            counted = self._counted(period, last.birth_month, [one.facts for one in ordered])
        area = village_of(last.home_area)
        return {indicator: Contribution(area, *pair) for indicator, pair in counted.items()}

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
