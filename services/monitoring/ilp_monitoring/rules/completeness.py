"""Who was expected to report, and who did. Called by the projection for the posyandu that a batch touches."""

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from ilp_monitoring.rules.rollup import Key, Pair
from ilp_shared.areas import lineage


@dataclass
class Facility:
    """One posyandu in one month: open days by village, and screenings that are not void."""

    open_days: dict[str, int]
    screenings: int


def expected_and_reported(facilities: Mapping[tuple[UUID, str], Facility]) -> dict[Key, Pair]:
    """Return (area, month) → (expected, reported) at all levels; a posyandu counts once in each area."""
    total: dict[Key, Pair] = {}
    for (_, period), facility in facilities.items():
        areas = {area for village, n in facility.open_days.items() if n > 0 for area in lineage(village)}
        reported = int(facility.screenings > 0)
        for area in areas:
            expected, known = total.get((area, period), (0, 0))
            total[area, period] = (expected + 1, known + reported)
    return total
