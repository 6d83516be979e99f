"""SQL that reads cells, denominators and areas. Every function on a session runs inside the caller's one snapshot."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession

from ilp_monitoring.reading import SOURCE_PARTITIONS, SOURCE_TOPICS, fetch, fetch_one
from ilp_shared.db.connection import Connection

Ranges = Mapping[str, tuple[str, str]]
"""Any key → first and last month of birth."""

_REAL = text("""
SELECT p.area_code, r.key, sum(p.n)::bigint
FROM population p
JOIN unnest(CAST(:keys AS text[]), CAST(:firsts AS text[]), CAST(:lasts AS text[])) AS r (key, first, last)
  ON p.birth_month BETWEEN r.first AND r.last
WHERE p.area_code = ANY(CAST(:codes AS text[])) GROUP BY 1, 2
""")
_VILLAGES = text("""
SELECT code, name, level, kind, lat, lng FROM area
WHERE level = 'village'
AND parent_code = ANY (ARRAY(SELECT code FROM area WHERE parent_code = :area UNION ALL SELECT :area)) ORDER BY code
""")
_CLOCK = text("""
SELECT sequence, as_of, (SELECT count(*) FROM parked) AS parked,
       (SELECT CASE WHEN count(through) = :partitions THEN min(through) END
        FROM partition_seen WHERE topic = ANY(CAST(:topics AS text[]))) AS checked_at
FROM projection_clock
""")
# Whatever changes a situation writes the clock's row anew, except events set aside and finished recounts.
_STATE = """
SELECT concat_ws(' ', xmin, (SELECT count(*) FROM parked), (SELECT max(id) FROM recount_run)) AS version,
       (SELECT CASE WHEN count(through) = $2 THEN min(through) END
        FROM partition_seen WHERE topic = ANY($1::text[])) AS checked_at
FROM projection_clock
"""
_FACILITIES = text("""
SELECT kind, count(*) AS n FROM facility
WHERE :area = 'id' OR area_code = :area OR starts_with(area_code, :area || '.') GROUP BY kind
""")
_EXAMPLE = text("SELECT EXISTS (SELECT 1 FROM facility WHERE example_data)")
_PERIODS = text("""
SELECT DISTINCT period FROM (
    SELECT period FROM cell WHERE area_code = :area AND (numerator <> 0 OR denominator <> 0)
    UNION ALL SELECT period FROM completeness WHERE area_code = :area AND expected <> 0) AS known
ORDER BY period DESC LIMIT 60
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
class State:
    """Which state of all numbers this is, and until when it is known to hold every event."""

    version: str
    """Equal only where no situation can have changed in between."""
    checked_at: datetime | None


async def areas_by_code(session: AsyncSession, codes: Sequence[str]) -> dict[str, Any]:
    """Return code → (code, name, level, kind, lat, lng)."""
    found = await fetch(
        session,
        text("SELECT code, name, level, kind, lat, lng FROM area WHERE code = ANY(CAST(:codes AS text[]))"),
        {"codes": list(codes)},
    )
    return {row.code: row for row in found}


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
    found = await fetch(
        session,
        text(
            "SELECT area_code, period, indicator, numerator, denominator FROM cell"
            " WHERE area_code = ANY(CAST(:codes AS text[])) AND period = ANY(CAST(:periods AS text[]))"
        ),
        {"codes": list(codes), "periods": list(periods)},
    )
    return {(area, period, indicator): (n, d) for area, period, indicator, n, d in found}


async def completeness(
    session: AsyncSession, codes: Sequence[str], periods: Sequence[str]
) -> dict[tuple[str, str], tuple[int, int]]:
    """Return (area, month) → (expected, reported)."""
    found = await fetch(
        session,
        text(
            "SELECT area_code, period, expected, reported FROM completeness"
            " WHERE area_code = ANY(CAST(:codes AS text[])) AND period = ANY(CAST(:periods AS text[]))"
        ),
        {"codes": list(codes), "periods": list(periods)},
    )
    return {(area, period): (expected, reported) for area, period, expected, reported in found}


async def projected(session: AsyncSession, codes: Sequence[str]) -> dict[tuple[str, str], int]:
    """Return (area, population group) → projected persons."""
    found = await fetch(
        session,
        text("SELECT area_code, population_group, n FROM sasaran WHERE area_code = ANY(CAST(:codes AS text[]))"),
        {"codes": list(codes)},
    )
    return {(area, group): n for area, group, n in found}


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
    row = await fetch_one(session, _CLOCK, {"topics": SOURCE_TOPICS, "partitions": SOURCE_PARTITIONS})
    return Clock(row.sequence, row.as_of, row.checked_at, row.parked)


async def state(conn: Connection) -> State:
    """Return in which state the projection is; raises LookupError when the clock is missing."""
    row = await conn.fetchrow(_STATE, SOURCE_TOPICS, SOURCE_PARTITIONS)
    if row is None:
        raise LookupError("projection_clock is empty")
    return State(row["version"], row["checked_at"])


async def facility_counts(session: AsyncSession, area: str) -> dict[str, int]:
    """Return kind → registered facilities in the subtree."""
    found = await fetch(session, _FACILITIES, {"area": area})
    return {row.kind: row.n for row in found}


async def has_example_data(session: AsyncSession) -> bool:
    """Tell whether any facility is marked as example data."""
    return bool((await fetch_one(session, _EXAMPLE))[0])


async def periods_with_numbers(session: AsyncSession, area: str) -> list[str]:
    """Return the months that hold numbers of an area, newest first."""
    return [period for (period,) in await fetch(session, _PERIODS, {"area": area})]
