"""From numerator and denominator to what a reader sees: value, state, map class."""

from bisect import bisect_right
from collections.abc import Sequence
from typing import Final

from ilp_monitoring.rules.vocabulary import State

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


def is_comparable(denominator: int, *, registered: int, reported: int) -> bool:
    """Tell whether a number is whole and large enough to be compared with the same number of another month.

    80 % of the registered posyandu, and 30 to divide by: design decisions.
    """
    return denominator >= _ENOUGH and 0 < registered * _MOST_PERCENT <= reported * 100


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
