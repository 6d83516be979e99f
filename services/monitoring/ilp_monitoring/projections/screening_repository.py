"""SQL of observations and coverage: one statement per step and batch. Called by `screenings.py`."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from typing import NamedTuple
from uuid import UUID

from ilp_monitoring.rules.contributions import Contribution, Seen
from ilp_shared.db.connection import Connection

PersonMonth = tuple[UUID, str]
CoverageKey = tuple[UUID, str, str]
"""Person, month, indicator."""


class ScreeningState(NamedTuple):
    """A row of `observation`, in column order."""

    screening_id: UUID
    version: int
    person_id: UUID
    facility_id: UUID
    facility_kind: str
    facility_area: str
    period: str
    day: date
    occurred_at: datetime
    home_area: str
    birth_month: str
    facts: int
    voided: bool


_COLUMNS = ", ".join(ScreeningState._fields)
_STORE = f"""
INSERT INTO observation ({_COLUMNS})
SELECT * FROM unnest($1::uuid[], $2::int[], $3::uuid[], $4::uuid[], $5::text[], $6::text[], $7::text[], $8::date[],
                     $9::timestamptz[], $10::text[], $11::text[], $12::smallint[], $13::boolean[])
ON CONFLICT (screening_id) DO UPDATE SET
    ({_COLUMNS}) = ROW (excluded.*)
WHERE observation.version < excluded.version
"""
_SCREENINGS_OF = """
SELECT o.person_id, o.period, o.day, o.occurred_at, o.screening_id, o.home_area, o.birth_month, o.facts
FROM unnest($1::uuid[], $2::text[]) AS p (person_id, period)
JOIN observation o ON o.person_id = p.person_id AND o.period = p.period
WHERE NOT o.voided
"""
_COVERAGE = """
SELECT c.person_id, c.period, c.indicator, c.area_code, c.numerator, c.denominator
FROM unnest($1::uuid[], $2::text[]) AS p (person_id, period)
JOIN coverage c ON c.person_id = p.person_id AND c.period = p.period
"""
_STORE_COVERAGE = """
INSERT INTO coverage (person_id, period, indicator, area_code, numerator, denominator)
SELECT * FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::smallint[], $6::smallint[])
ON CONFLICT (person_id, period, indicator) DO UPDATE
SET area_code = excluded.area_code, numerator = excluded.numerator, denominator = excluded.denominator
"""
_REMOVE_COVERAGE = """
DELETE FROM coverage c USING unnest($1::uuid[], $2::text[], $3::text[]) AS g (person_id, period, indicator)
WHERE c.person_id = g.person_id AND c.period = g.period AND c.indicator = g.indicator
"""


async def states(conn: Connection, screenings: Collection[UUID]) -> dict[UUID, ScreeningState]:
    """Return the known state of each screening."""
    rows = await conn.fetch(
        f"SELECT {_COLUMNS} FROM observation WHERE screening_id = ANY($1::uuid[])", list(screenings)
    )
    return {row["screening_id"]: ScreeningState(*row) for row in rows}


async def store_states(conn: Connection, new: Sequence[ScreeningState]) -> None:
    """Write states; a lower version never overwrites a higher one."""
    if new:
        await conn.execute(_STORE, *(list(column) for column in zip(*new, strict=True)))


async def screenings_of(conn: Connection, touched: Collection[PersonMonth]) -> dict[PersonMonth, list[Seen]]:
    """Return all screenings of each person and month that are not void."""
    found: dict[PersonMonth, list[Seen]] = {}
    for row in await conn.fetch(_SCREENINGS_OF, *_columns(touched)):
        found.setdefault((row[0], row[1]), []).append(Seen._make(row[2:]))
    return found


async def coverage(conn: Connection, touched: Collection[PersonMonth]) -> dict[CoverageKey, Contribution]:
    """Return the stored contributions of each person and month."""
    rows = await conn.fetch(_COVERAGE, *_columns(touched))
    return {(row[0], row[1], row[2]): Contribution(row[3], row[4], row[5]) for row in rows}


async def store_coverage(conn: Connection, moved: Mapping[CoverageKey, Contribution]) -> None:
    """Write new and changed contributions."""
    if moved:
        rows = [(*key, *contribution) for key, contribution in moved.items()]
        await conn.execute(_STORE_COVERAGE, *(list(column) for column in zip(*rows, strict=True)))


async def remove_coverage(conn: Connection, gone: Collection[CoverageKey]) -> None:
    """Delete contributions that are no more."""
    if gone:
        await conn.execute(_REMOVE_COVERAGE, *(list(column) for column in zip(*gone, strict=True)))


def _columns(touched: Collection[PersonMonth]) -> tuple[list[UUID], list[str]]:
    return [person for person, _ in touched], [period for _, period in touched]
