"""SQL that reads cells, denominators and areas. Every function on a session runs inside the caller's one snapshot."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Executable, exists, func, literal_column, text
from sqlalchemy import select as columns_of
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from ilp_monitoring.projections.models import AreaRow, FacilityOpenDaysRow, FacilityReportsRow, FacilityRow
from ilp_monitoring.rules.participation import Regency
from ilp_monitoring.rules.reporting import REPORTS
from ilp_monitoring.statements import SOURCE_PARTITIONS, SOURCES, fetch, fetch_one
from ilp_shared.areas import NATION
from ilp_shared.db.connection import Connection
from ilp_shared.db.scoped import within

_VILLAGE_LENGTH = 13
"""Letters of a village's code, e.g. `13.76.01.1002`."""
_MONTHS = 60
"""Months that a situation names."""
Ranges = Mapping[str, tuple[str, str]]
"""Any key → first and last month of birth."""

_REAL = text("""
SELECT p.area_code, r.key, sum(p.n)::bigint
FROM population p
JOIN unnest(CAST(:keys AS text[]), CAST(:firsts AS text[]), CAST(:lasts AS text[])) AS r (key, first, last)
  ON p.birth_month BETWEEN r.first AND r.last
WHERE p.area_code = ANY(CAST(:codes AS text[])) GROUP BY 1, 2
""")
_FIRSTS = text("""
SELECT f.area_code, r.month, f.indicator, sum(f.n)::bigint
FROM first_in_year f
JOIN unnest(CAST(:januaries AS text[]), CAST(:months AS text[])) AS r (january, month)
  ON f.period BETWEEN r.january AND r.month
WHERE f.area_code = ANY(CAST(:codes AS text[])) GROUP BY 1, 2, 3
""")
# Today is that of Jakarta for every area, so that the tasks of areas add up to those of the nation.
_FOLLOW_UPS = text("""
SELECT area_code, sum(open + done)::bigint AS opened, sum(done)::bigint AS returned,
       coalesce(sum(open) FILTER (WHERE due_day >= today.day), 0)::bigint AS waiting,
       coalesce(sum(open) FILTER (WHERE due_day < today.day), 0)::bigint AS overdue
FROM task_count, (SELECT to_char(now() AT TIME ZONE 'Asia/Jakarta', 'YYYY-MM-DD') AS day) AS today
WHERE area_code = ANY(CAST(:codes AS text[])) AND period <= :period GROUP BY area_code
""")
_VILLAGES = text("""
SELECT code, name, level, kind, lat, lng FROM area
WHERE level = 'village'
AND parent_code = ANY (ARRAY(SELECT code FROM area WHERE parent_code = :area UNION ALL SELECT :area)) ORDER BY code
""")
_REGENCIES = text("""
SELECT a.code, coalesce(c.reported, 0) > 0 AS reporting, s.population_group, s.n
FROM area a
LEFT JOIN completeness c ON c.area_code = a.code AND c.period = :period
LEFT JOIN sasaran s ON s.area_code = a.code
WHERE a.level = 'regency' AND (:area = 'id' OR a.parent_code = :area)
""")
_REGENCY_CODES = text("""
SELECT code FROM area WHERE level = 'regency' AND (:area = 'id' OR parent_code = :area) ORDER BY code
""")
_CLOCK = text("""
SELECT sequence, as_of, (SELECT count(*) FROM parked) AS parked,
       (SELECT CASE WHEN count(*) >= :partitions AND count(through) = count(*) THEN min(through) END
        FROM partition_seen WHERE domain = ANY(CAST(:sources AS text[]))) AS checked_at
FROM projection_clock
""")
# Everything that changes a situation writes a new version of the clock's row, except parked events, recounts and the
# day, on which overdue tasks depend.
_VERSION = """
SELECT concat_ws(' ', xmin, to_char(now() AT TIME ZONE 'Asia/Jakarta', 'YYYY-MM-DD'),
                 (SELECT count(*) FROM parked), (SELECT max(id) FROM recount_run)) AS version,
       (SELECT CASE WHEN count(*) >= $2 AND count(through) = count(*) THEN min(through) END
        FROM partition_seen WHERE domain = ANY($1::text[])) AS checked_at
FROM projection_clock
"""
_EXAMPLE = text("SELECT EXISTS (SELECT 1 FROM facility WHERE example_data)")
_PERIODS = text("""
SELECT DISTINCT area_code, period FROM (
    SELECT area_code, period FROM cell
    WHERE area_code = ANY(CAST(:codes AS text[])) AND (numerator <> 0 OR denominator <> 0)
    UNION ALL SELECT area_code, period FROM completeness
    WHERE area_code = ANY(CAST(:codes AS text[])) AND expected <> 0) AS months
ORDER BY period DESC
""")


@dataclass(frozen=True)
class Clock:
    """How far the projection is."""

    sequence: int
    as_of: datetime | None
    checked_at: datetime | None
    """Every event published until then is applied; None while that is not known of every partition."""
    parked: int


@dataclass(frozen=True)
class NumbersVersion:
    """Version of all numbers, and the instant until which they are known to hold every event."""

    version: str
    """Equal only where no situation can have changed in between."""
    checked_at: datetime | None


async def areas_by_code(session: AsyncSession, codes: Sequence[str]) -> dict[str, Any]:
    """Return code → (code, name, level, kind, lat, lng)."""
    rows = await fetch(
        session,
        text("SELECT code, name, level, kind, lat, lng FROM area WHERE code = ANY(CAST(:codes AS text[]))"),
        {"codes": list(codes)},
    )
    return {row.code: row for row in rows}


async def children_of(session: AsyncSession, area: str) -> Sequence[Any]:
    """Return the areas one level down, by code."""
    return await fetch(
        session,
        text("SELECT code, name, level, kind, lat, lng FROM area WHERE parent_code = :area ORDER BY code"),
        {"area": area},
    )


async def villages_of(session: AsyncSession, area: str) -> Sequence[Any]:
    """Return the villages of a regency or district, by code."""
    return await fetch(session, _VILLAGES, {"area": area})


async def cells(
    session: AsyncSession, codes: Sequence[str], periods: Sequence[str]
) -> dict[tuple[str, str, str], tuple[int, int]]:
    """Return (area, month, indicator) → (numerator, denominator)."""
    rows = await fetch(
        session,
        text(
            "SELECT area_code, period, indicator, numerator, denominator FROM cell"
            " WHERE area_code = ANY(CAST(:codes AS text[])) AND period = ANY(CAST(:periods AS text[]))"
        ),
        {"codes": list(codes), "periods": list(periods)},
    )
    return {(area, period, indicator): (n, d) for area, period, indicator, n, d in rows}


async def completeness(
    session: AsyncSession, codes: Sequence[str], periods: Sequence[str]
) -> dict[tuple[str, str], tuple[int, int]]:
    """Return (area, month) → (expected, reported)."""
    rows = await fetch(
        session,
        text(
            "SELECT area_code, period, expected, reported FROM completeness"
            " WHERE area_code = ANY(CAST(:codes AS text[])) AND period = ANY(CAST(:periods AS text[]))"
        ),
        {"codes": list(codes), "periods": list(periods)},
    )
    return {(area, period): (expected, reported) for area, period, expected, reported in rows}


async def counted_in_year(
    session: AsyncSession, codes: Sequence[str], periods: Sequence[str]
) -> dict[tuple[str, str, str], int]:
    """Return (area, month, indicator) → persons counted from January to the month, each once."""
    januaries = [f"{period[:4]}-01" for period in periods]
    values = {"codes": list(codes), "months": list(periods), "januaries": januaries}
    return {(area, month, code): n for area, month, code, n in await fetch(session, _FIRSTS, values)}


async def follow_ups(session: AsyncSession, codes: Sequence[str], period: str) -> dict[str, Any]:
    """Return area → (opened, returned, waiting, overdue) of the tasks opened by the end of a month."""
    rows = await fetch(session, _FOLLOW_UPS, {"codes": list(codes), "period": period})
    return {row.area_code: row for row in rows}


async def registered_units(session: AsyncSession, codes: Sequence[str]) -> dict[str, int]:
    """Return area → registered posyandu."""
    rows = await fetch(
        session,
        text("SELECT area_code, n FROM posyandu_count WHERE area_code = ANY(CAST(:codes AS text[]))"),
        {"codes": list(codes)},
    )
    return dict(rows)


async def awaited_units(session: AsyncSession, areas: Sequence[str], period: str) -> Sequence[Any]:
    """Return (facility_id, name, area_code, area_name, opened) of the posyandu in areas that did not open and report.

    By village and name.
    """
    here, code = col(FacilityRow.facility_id), col(FacilityRow.area_code)
    opened = exists().where(
        col(FacilityOpenDaysRow.facility_id) == here,
        col(FacilityOpenDaysRow.period) == period,
        col(FacilityOpenDaysRow.open_days) > 0,
    )
    reported = exists().where(
        col(FacilityReportsRow.facility_id) == here,
        col(FacilityReportsRow.period) == period,
        col(FacilityReportsRow.screenings) > 0,
    )
    statement: Executable = (
        columns_of(here, col(FacilityRow.name), code, col(AreaRow.name).label("area_name"), opened.label("opened"))
        .select_from(FacilityRow)
        .outerjoin(AreaRow, col(AreaRow.code) == func.left(code, _VILLAGE_LENGTH))
        .where(col(FacilityRow.kind) == REPORTS, within(code, areas), ~(opened & reported))
        .order_by(code, col(FacilityRow.name), here)
    )
    return await fetch(session, statement)


async def regencies_of(session: AsyncSession, area: str, period: str) -> dict[str, Regency]:
    """Return the regencies of a province or the nation by code, as they are in a month."""
    reporting: dict[str, bool] = {}
    projected: dict[str, dict[str, int]] = {}
    for row in await fetch(session, _REGENCIES, {"area": area, "period": period}):
        reporting[row.code] = row.reporting
        sizes = projected.setdefault(row.code, {})
        if row.population_group is not None:
            sizes[row.population_group] = row.n
    return {code: Regency(reports, projected[code]) for code, reports in reporting.items()}


async def regency_codes(session: AsyncSession, area: str) -> list[str]:
    """Return the codes of the regencies of a province or the nation, in order."""
    return [code for (code,) in await fetch(session, _REGENCY_CODES, {"area": area})]


async def projected(session: AsyncSession, codes: Sequence[str]) -> dict[tuple[str, str], int]:
    """Return (area, population group) → projected persons."""
    rows = await fetch(
        session,
        text("SELECT area_code, population_group, n FROM sasaran WHERE area_code = ANY(CAST(:codes AS text[]))"),
        {"codes": list(codes)},
    )
    return {(area, group): n for area, group, n in rows}


async def registered(session: AsyncSession, codes: Sequence[str], ranges: Ranges) -> dict[tuple[str, str], int]:
    """Return (area, key of the range) → registered residents born in the range."""
    values = {
        "codes": list(codes),
        "keys": list(ranges),
        "firsts": [first for first, _ in ranges.values()],
        "lasts": [last for _, last in ranges.values()],
    }
    return {(area, key): n for area, key, n in await fetch(session, _REAL, values)}


async def clock(session: AsyncSession) -> Clock:
    """Return how far the projection is, in this snapshot."""
    row = await fetch_one(session, _CLOCK, {"sources": SOURCES, "partitions": SOURCE_PARTITIONS})
    return Clock(row.sequence, row.as_of, row.checked_at, row.parked)


async def numbers_version(conn: Connection) -> NumbersVersion:
    """Return the present version of all numbers; raises LookupError when the clock is missing."""
    row = await conn.fetchrow(_VERSION, SOURCES, SOURCE_PARTITIONS)
    if row is None:
        raise LookupError("projection_clock is empty")
    return NumbersVersion(row["version"], row["checked_at"])


async def facility_counts(session: AsyncSession, areas: Sequence[str]) -> dict[str, dict[str, int]]:
    """Return area → kind → registered facilities in the subtree, of areas of one level."""
    letters = 0 if NATION in areas else len(areas[0])
    area: ColumnElement[str] = literal_column(f"left(facility.area_code, {letters})")
    subtrees = within(col(FacilityRow.area_code), areas)
    statement = columns_of(area, col(FacilityRow.kind), func.count()).where(subtrees)
    counts: dict[str, dict[str, int]] = {}
    for code, kind, n in await fetch(session, statement.group_by(area, col(FacilityRow.kind))):
        counts.setdefault(code or NATION, {})[kind] = n
    return counts


async def has_example_data(session: AsyncSession) -> bool:
    """Tell whether any facility is marked as example data."""
    return bool((await fetch_one(session, _EXAMPLE))[0])


async def periods_with_numbers(session: AsyncSession, areas: Sequence[str]) -> dict[str, list[str]]:
    """Return area → the newest months that hold numbers of it, newest first."""
    periods: dict[str, list[str]] = {area: [] for area in areas}
    for area, period in await fetch(session, _PERIODS, {"codes": list(areas)}):
        periods[area].append(period)
    return {area: months[:_MONTHS] for area, months in periods.items()}
