"""SQL of open days and screenings per posyandu and month. Called by `completeness.py`."""

from collections.abc import Collection, Mapping
from uuid import UUID

from ilp_monitoring.rules.completeness import Facility
from ilp_shared.db.connection import Connection

FacilityMonth = tuple[UUID, str]
FacilityMonthVillage = tuple[UUID, str, str]

_OPEN_DAYS = """
SELECT s.facility_id, s.period, s.area_code, s.open_days
FROM unnest($1::uuid[], $2::text[]) AS t (facility_id, period)
JOIN facility_open_days s ON s.facility_id = t.facility_id AND s.period = t.period
"""
_REPORTS = """
SELECT r.facility_id, r.period, r.screenings
FROM unnest($1::uuid[], $2::text[]) AS t (facility_id, period)
JOIN facility_reports r ON r.facility_id = t.facility_id AND r.period = t.period
"""
_ADD_OPEN_DAYS = """
INSERT INTO facility_open_days AS s (facility_id, period, area_code, open_days)
SELECT * FROM unnest($1::uuid[], $2::text[], $3::text[], $4::int[])
ON CONFLICT (facility_id, period, area_code) DO UPDATE SET open_days = s.open_days + excluded.open_days
"""
_ADD_REPORTS = """
INSERT INTO facility_reports AS r (facility_id, period, screenings)
SELECT * FROM unnest($1::uuid[], $2::text[], $3::int[])
ON CONFLICT (facility_id, period) DO UPDATE SET screenings = r.screenings + excluded.screenings
"""


async def facilities(conn: Connection, touched: Collection[FacilityMonth]) -> dict[FacilityMonth, Facility]:
    """Return what is known of each posyandu and month; nothing known is an empty entry."""
    columns = [key[0] for key in touched], [key[1] for key in touched]
    found = {key: Facility({}, 0) for key in touched}
    for facility, period, village, open_days in await conn.fetch(_OPEN_DAYS, *columns):
        found[facility, period].open_days[village] = open_days
    for facility, period, screenings in await conn.fetch(_REPORTS, *columns):
        found[facility, period].screenings = screenings
    return found


async def add(
    conn: Connection, open_days: Mapping[FacilityMonthVillage, int], reports: Mapping[FacilityMonth, int]
) -> None:
    """Add (possibly negative) numbers of open days and of screenings."""
    for statement, rows in (
        (_ADD_OPEN_DAYS, [(*key, n) for key, n in open_days.items()]),
        (_ADD_REPORTS, [(*key, n) for key, n in reports.items()]),
    ):
        if rows:
            await conn.execute(statement, *(list(column) for column in zip(*rows, strict=True)))
