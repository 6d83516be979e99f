"""Completeness: posyandu with an open day in the month, and those of them that reported. Called by the projection."""

from collections.abc import Mapping

from ilp_monitoring.projections.completeness_repository import FacilityMonth, FacilityMonthVillage, add, facilities
from ilp_monitoring.rules.completeness import Facility, expected_and_reported
from ilp_monitoring.rules.rollup import Deltas, difference
from ilp_shared.db.connection import Connection


async def apply(
    conn: Connection, open_days: Mapping[FacilityMonthVillage, int], reports: Mapping[FacilityMonth, int]
) -> Deltas:
    """Add open days (facility, month, village) and screenings (facility, month); returns differences of all levels."""
    touched = sorted({(facility, period) for facility, period, _ in open_days} | set(reports))
    if not touched:
        return Deltas()
    before = await facilities(conn, touched)
    after = {key: Facility(dict(known.open_days), known.screenings) for key, known in before.items()}
    for (facility, period, village), n in open_days.items():
        by_village = after[facility, period].open_days
        by_village[village] = by_village.get(village, 0) + n
    for key, n in reports.items():
        after[key].screenings += n
    await add(conn, open_days, reports)
    return difference(expected_and_reported(before), expected_and_reported(after))
