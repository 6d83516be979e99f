"""Completeness: posyandu with an open day in the month, and those of them that reported. Called by the projection."""

from collections import Counter
from collections.abc import Collection, Mapping
from uuid import UUID

from ilp_monitoring.rules.completeness import Facility, expected_and_reported
from ilp_monitoring.rules.rollup import Deltas, difference
from ilp_shared.db.connection import Connection

FacilityMonth = tuple[UUID, str]

_SESSIONS = """
SELECT s.facility_id, s.period, s.area_code, s.sessions
FROM unnest($1::uuid[], $2::text[]) AS t (facility_id, period)
JOIN facility_sessions s ON s.facility_id = t.facility_id AND s.period = t.period
"""
_REPORTS = """
SELECT r.facility_id, r.period, r.screenings
FROM unnest($1::uuid[], $2::text[]) AS t (facility_id, period)
JOIN facility_reports r ON r.facility_id = t.facility_id AND r.period = t.period
"""
_ADD_SESSIONS = """
INSERT INTO facility_sessions AS s (facility_id, period, area_code, sessions)
SELECT * FROM unnest($1::uuid[], $2::text[], $3::text[], $4::int[])
ON CONFLICT (facility_id, period, area_code) DO UPDATE SET sessions = s.sessions + excluded.sessions
"""
_ADD_REPORTS = """
INSERT INTO facility_reports AS r (facility_id, period, screenings)
SELECT * FROM unnest($1::uuid[], $2::text[], $3::int[])
ON CONFLICT (facility_id, period) DO UPDATE SET screenings = r.screenings + excluded.screenings
"""


async def apply(
    conn: Connection, open_days: Mapping[tuple[UUID, str, str], int], reports: Mapping[FacilityMonth, int]
) -> Deltas:
    """Add open days (facility, month, village) and screenings (facility, month); returns differences of all levels."""
    touched = sorted({(facility, period) for facility, period, _ in open_days} | set(reports))
    if not touched:
        return Deltas()
    before = await _facilities(conn, touched)
    after = {key: Facility(Counter(known.sessions), known.screenings) for key, known in before.items()}
    for (facility, period, village), n in open_days.items():
        after[facility, period].sessions[village] += n
    for key, n in reports.items():
        after[key].screenings += n
    await _store(conn, open_days, reports)
    return difference(expected_and_reported(before), expected_and_reported(after))


async def _facilities(conn: Connection, touched: Collection[FacilityMonth]) -> dict[FacilityMonth, Facility]:
    columns = [key[0] for key in touched], [key[1] for key in touched]
    found = {key: Facility(Counter(), 0) for key in touched}
    for facility, period, village, sessions in await conn.fetch(_SESSIONS, *columns):
        found[facility, period].sessions[village] = sessions
    for facility, period, screenings in await conn.fetch(_REPORTS, *columns):
        found[facility, period].screenings = screenings
    return found


async def _store(
    conn: Connection, open_days: Mapping[tuple[UUID, str, str], int], reports: Mapping[FacilityMonth, int]
) -> None:
    for statement, rows in (
        (_ADD_SESSIONS, [(*key, n) for key, n in open_days.items()]),
        (_ADD_REPORTS, [(*key, n) for key, n in reports.items()]),
    ):
        if rows:
            await conn.execute(statement, *(list(column) for column in zip(*rows, strict=True)))
