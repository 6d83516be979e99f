"""Forms of the routing policy: which action code opens what, for whom, until when. No I/O.

Limits are days from the reporting day of the screening, or hours from its instant.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal, Self

from pydantic import Field, model_validator

from ilp_shared.models import Frozen
from ilp_shared.text import Text

Level = Literal["origin", "pustu", "puskesmas", "hospital", "social", "legal"]
"""Who acts: the screening facility itself, the nearest pustu or puskesmas above it, or beyond the puskesmas."""
Opens = Literal["follow_up", "referral", "nothing"]
Klaster = Literal[2, 3, 4]


class Route(Frozen):
    """What one action opens. Exactly one of `after_days` and `within_hours` unless it opens nothing."""

    opens: Opens
    label: Text
    target: Level = "origin"
    klaster: Klaster | None = None
    """Klaster that acts; None: by the result (`RoutingTable.klaster_of_result`)."""
    after_days: int | None = Field(None, ge=0, le=366)
    within_hours: int | None = Field(None, ge=1, le=8784)
    source: str
    verified: bool

    @model_validator(mode="after")
    def _one_limit(self) -> Self:
        limits = (self.after_days is not None) + (self.within_hours is not None)
        if limits != (self.opens != "nothing"):
            raise ValueError("an opened task has exactly one time limit, and nothing opened has none")
        return self


class RoutingTable(Frozen):
    """One version of the policy, in force from `effective_from` (reporting day of the screening)."""

    version: str
    effective_from: date
    klaster_of_result: dict[str, Klaster]
    klaster_default: Klaster
    unknown: Route
    """For an action code that is not listed: it must open a follow-up, so that no finding is lost."""
    actions: dict[str, Route]

    @model_validator(mode="after")
    def _unknown_is_followed_up(self) -> Self:
        if self.unknown.opens != "follow_up":
            raise ValueError("an unknown action must open a follow-up")
        return self

    def route_of(self, action: str) -> Route:
        """Return the route of an action code; the one for unknown codes when it is not listed."""
        return self.actions.get(action, self.unknown)

    def klaster_of(self, route: Route, result_code: str) -> int:
        """Return the klaster (2 mother and child, 3 adult and elderly, 4 communicable disease) that acts."""
        return route.klaster or self.klaster_of_result.get(result_code, self.klaster_default)


@dataclass(frozen=True)
class RoutingTables:
    """All versions, oldest first."""

    tables: Sequence[RoutingTable]

    def for_day(self, day: date) -> RoutingTable:
        """Return the version in force on a reporting day (the oldest one for days before all of them)."""
        return next((table for table in reversed(self.tables) if table.effective_from <= day), self.tables[0])

    def version(self, version: str) -> RoutingTable:
        """Return the version a task was opened by; raises KeyError when it is not packaged."""
        return {table.version: table for table in self.tables}[version]
