"""From numerator and denominator to what a reader sees: value, state, map class."""

from bisect import bisect_right
from collections.abc import Sequence
from typing import Final, NamedTuple

from ilp_monitoring.rules.vocabulary import Reason, State

_ENOUGH: Final = 30
_MOST_PERCENT: Final = 80


def state_of(
    numerator: int, denominator: int | None, *, counted: int, registered: int, opened: int, reported: int
) -> State:
    """Return how a number is to be read; `counted` is the denominator counted from reports (0 for a sasaran).

    Unknown is not zero: nothing counted and no posyandu reported means `not_reported`. A number is `reported` only when
    every registered posyandu opened and reported; without any posyandu it cannot be known that it is whole.
    """
    if not reported and not numerator and not counted:
        return "not_reported"
    if not denominator:
        return "no_denominator"
    return "reported" if reported >= max(registered, opened, 1) else "partial"


class Basis(NamedTuple):
    """What a number of a month rests on: the persons or tasks it divides by, and posyandu."""

    denominator: int | None
    registered: int
    reported: int

    @property
    def few(self) -> bool:
        """Whether too few of the registered posyandu reported."""
        return not 0 < self.registered * _MOST_PERCENT <= self.reported * 100


def reason_against(now: Basis, before: Basis) -> Reason | None:
    """Return why a number is not compared with that of the month before; None where it is.

    80 % of the registered posyandu, and 30 to divide by, in both months: design decisions.
    """
    if before.few:
        return "few_before"
    if now.few:
        return "few_now"
    return "small" if min(now.denominator or 0, before.denominator or 0) < _ENOUGH else None


def value_of(numerator: int, denominator: int | None, state: State, unit: str) -> float | None:
    """Return percent or persons; None where nothing is known or there is nothing to divide by."""
    if state in ("not_reported", "no_denominator") or not denominator:
        return None
    return float(numerator) if unit == "persons" else percent_of(numerator, denominator)


def percent_of(numerator: int, denominator: int) -> float:
    """Return a percentage with 2 decimals, rounded half up in whole numbers: the same on every machine."""
    return (20_000 * numerator + denominator) // (2 * denominator) / 100


def class_of(value: float | None, breaks: Sequence[float]) -> int | None:
    """Return the map class 0…4; None without a value."""
    return None if value is None else bisect_right(breaks, value)
