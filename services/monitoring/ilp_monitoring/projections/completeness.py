"""Completeness: posyandu with an open day in the month, and those of them that reported."""

from collections.abc import Collection, Mapping
from typing import Final

from ilp_monitoring.projections.cells import (
    Deltas,
    Differences,
    FacilityMonth,
    FacilityMonthVillage,
    difference,
)
from ilp_monitoring.rules.reporting import PosyanduMonth, expected_and_reported
from ilp_shared.db.connection import Connection

_OPEN_DAYS: Final = """
SELECT s.facility_id, s.period, s.area_code, s.open_days
FROM unnest($1::uuid[], $2::text[]) AS t (facility_id, period)
JOIN facility_open_days s ON s.facility_id = t.facility_id AND s.period = t.period
"""
_REPORTS: Final = """
SELECT r.facility_id, r.period, r.screenings
FROM unnest($1::uuid[], $2::text[]) AS t (facility_id, period)
JOIN facility_reports r ON r.facility_id = t.facility_id AND r.period = t.period
"""
_ADD_OPEN_DAYS: Final = """
INSERT INTO facility_open_days AS s (facility_id, period, area_code, open_days)
SELECT * FROM unnest($1::uuid[], $2::text[], $3::text[], $4::int[])
ON CONFLICT (facility_id, period, area_code) DO UPDATE SET open_days = s.open_days + excluded.open_days
"""
_ADD_REPORTS: Final = """
INSERT INTO facility_reports AS r (facility_id, period, screenings)
SELECT * FROM unnest($1::uuid[], $2::text[], $3::int[])
ON CONFLICT (facility_id, period) DO UPDATE SET screenings = r.screenings + excluded.screenings
"""


async def apply(conn: Connection, differences: Differences) -> Deltas:
    """Add the open days and screenings of a batch; returns the differences of completeness at all levels."""
    open_days = {key: n for key, n in differences.open_days.items() if n}
    reports = {key: n for key, n in differences.reports.items() if n}
    months = sorted({(facility, period) for facility, period, _ in open_days} | set(reports))
    if not months:
        return Deltas()
    before = await _stored(conn, months)
    after = {key: PosyanduMonth(dict(one.open_days), one.screenings) for key, one in before.items()}
    for (facility, period, village), n in open_days.items():
        by_village = after[facility, period].open_days
        by_village[village] = by_village.get(village, 0) + n
    for key, n in reports.items():
        after[key].screenings += n
    await _add(conn, open_days, reports)
    return difference(expected_and_reported(before), expected_and_reported(after))


async def _stored(conn: Connection, months: Collection[FacilityMonth]) -> dict[FacilityMonth, PosyanduMonth]:
    """Return what is known of each posyandu and month; nothing known is an empty entry."""
    columns = [facility for facility, _ in months], [period for _, period in months]
    posyandu = {key: PosyanduMonth({}, 0) for key in months}
    for facility, period, village, open_days in await conn.fetch(_OPEN_DAYS, *columns):
        posyandu[facility, period].open_days[village] = open_days
    for facility, period, screenings in await conn.fetch(_REPORTS, *columns):
        posyandu[facility, period].screenings = screenings
    return posyandu


async def _add(
    conn: Connection, open_days: Mapping[FacilityMonthVillage, int], reports: Mapping[FacilityMonth, int]
) -> None:
    """Add (possibly negative) numbers of open days and of screenings."""
    for statement, rows in (
        (_ADD_OPEN_DAYS, [(*key, n) for key, n in open_days.items()]),
        (_ADD_REPORTS, [(*key, n) for key, n in reports.items()]),
    ):
        if rows:
            await conn.execute(statement, *(list(column) for column in zip(*rows, strict=True)))
