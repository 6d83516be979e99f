"""What one person contributes to the indicators of one month. The heart of "each resident once per month".

Called by the projection for the (person, month) pairs that a batch touches.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import NamedTuple
from uuid import UUID

from ilp_monitoring.indicators.schemas import Definitions, Indicator
from ilp_monitoring.rules.months import birth_range
from ilp_monitoring.rules.rollup import village_of


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
            group = groups.get(counts.group or "")
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

    def contributions(self, period: str, seen: Sequence[Seen]) -> dict[str, Contribution]:
        """Return indicator → contribution for all non-void screenings of one person in one month.

        Independent of the order of `seen`. Village and month of birth are those of the last screening.
        """
        if not seen:
            return {}
        ordered = sorted(seen) if len(seen) > 1 else seen
        last = ordered[-1]
        area = village_of(last.home_area)
        found: dict[str, Contribution] = {}
        for rule, first_born, last_born in self._in(period):
            if first_born <= last.birth_month <= last_born:
                numerator, denominator = _count(rule, ordered)
                if numerator or denominator:
                    found[rule.indicator] = Contribution(area, numerator, denominator)
        return found

    def _in(self, period: str) -> list[tuple[_Rule, str, str]]:
        if period not in self._ranges:
            self._ranges[period] = [(r, *birth_range(period, r.min_months, r.max_months)) for r in self._rules]
        return self._ranges[period]


def _count(rule: _Rule, ordered: Sequence[Seen]) -> tuple[int, int]:
    numerator = denominator = 0
    for seen in reversed(ordered):
        if rule.denominator and not seen.facts & rule.denominator:
            continue
        denominator = int(rule.denominator > 0)
        numerator |= int(seen.facts & rule.numerator > 0)
        if rule.last_only:
            break
    return numerator, denominator
