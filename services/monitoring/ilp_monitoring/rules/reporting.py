"""Completeness of a month: which posyandu were expected to report, and which did."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from ilp_shared.areas import lineage

REPORTS: Final = "posyandu"
"""Kind of the facilities that completeness is about."""


@dataclass
class PosyanduMonth:
    """One posyandu in one month: open days by village, and screenings that are not void."""

    open_days: dict[str, int]
    screenings: int


def expected_and_reported(
    posyandu: Mapping[tuple[UUID, str], PosyanduMonth],
) -> dict[tuple[str, ...], tuple[int, int]]:
    """Return (area, month) → (expected, reported) at all levels; a posyandu counts once in each area."""
    total: dict[tuple[str, ...], tuple[int, int]] = {}
    for (_, period), one in posyandu.items():
        areas = {area for village, n in one.open_days.items() if n > 0 for area in lineage(village)}
        reports = int(one.screenings > 0)
        for area in areas:
            expected, reported = total.get((area, period), (0, 0))
            total[area, period] = (expected + 1, reported + reports)
    return total
