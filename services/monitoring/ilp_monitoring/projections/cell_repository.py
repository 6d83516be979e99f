"""SQL of cells, clock and changes: differences are added, the new values are noted for streams. One statement each."""

from collections.abc import Sequence
from datetime import datetime

from ilp_monitoring.rules.rollup import Key, Pair
from ilp_shared.bus.consume.applier import ProjectionRefuses
from ilp_shared.db.connection import Connection

Rows = Sequence[tuple[Key, Pair]]

_CELLS = """
WITH moved AS (
    INSERT INTO cell AS c (area_code, period, indicator, numerator, denominator)
    SELECT * FROM unnest($2::text[], $3::text[], $4::text[], $5::bigint[], $6::bigint[])
    ON CONFLICT (area_code, period, indicator) DO UPDATE
    SET numerator = c.numerator + excluded.numerator, denominator = c.denominator + excluded.denominator
    RETURNING area_code, period, indicator, numerator, denominator)
INSERT INTO change (area_code, sequence, indicator, period, numerator, denominator)
SELECT area_code, $1, indicator, period, numerator, denominator FROM moved
"""

_COMPLETENESS = """
WITH moved AS (
    INSERT INTO completeness AS c (area_code, period, expected, reported)
    SELECT * FROM unnest($2::text[], $3::text[], $4::bigint[], $5::bigint[])
    ON CONFLICT (area_code, period) DO UPDATE
    SET expected = c.expected + excluded.expected, reported = c.reported + excluded.reported
    RETURNING area_code, period, expected, reported)
INSERT INTO change (area_code, sequence, indicator, period, numerator, denominator)
SELECT area_code, $1, 'COMPLETENESS', period, reported, expected FROM moved
"""

_POPULATION = """
WITH moved AS (
    INSERT INTO population AS p (area_code, birth_month, sex, n)
    SELECT * FROM unnest($2::text[], $3::text[], $4::text[], $5::bigint[])
    ON CONFLICT (area_code, birth_month, sex) DO UPDATE SET n = p.n + excluded.n
    RETURNING area_code)
INSERT INTO change (area_code, sequence, indicator, period, numerator, denominator)
SELECT DISTINCT area_code, $1::bigint, 'POPULATION', '', 0, 0 FROM moved
"""

_SASARAN = """
WITH moved AS (
    INSERT INTO sasaran AS s (area_code, population_group, n)
    SELECT * FROM unnest($2::text[], $3::text[], $4::bigint[])
    ON CONFLICT (area_code, population_group) DO UPDATE SET n = s.n + excluded.n
    RETURNING area_code)
INSERT INTO change (area_code, sequence, indicator, period, numerator, denominator)
SELECT DISTINCT area_code, $1::bigint, 'SASARAN', '', 0, 0 FROM moved
"""

_ADVANCE = """
WITH clock AS (
    UPDATE projection_clock SET sequence = coalesce($1, sequence), as_of = greatest(as_of, $2), counted_by = $3
    RETURNING as_of)
INSERT INTO projection_batch (sequence, applied_at, as_of)
SELECT $1, clock_timestamp(), as_of FROM clock WHERE $1 IS NOT NULL
"""

_PRUNE = """
WITH old AS (
    SELECT max(sequence) AS sequence FROM projection_batch
    WHERE applied_at < clock_timestamp() - $1 * interval '1 hour'),
forgotten AS (DELETE FROM projection_batch b USING old WHERE b.sequence <= old.sequence)
DELETE FROM change c USING old WHERE c.sequence <= old.sequence
"""

_REBUILD = "hentikan worker, lalu / stop the worker, then: `python -m ilp_monitoring rebuild`"


class ClockMissing(ProjectionRefuses):
    """`projection_clock` has no row."""


class CountedOtherwise(ProjectionRefuses):
    """The numbers were counted by other definitions than those in force."""


async def lock_clock(conn: Connection, counted_by: str) -> int:
    """Return the sequence so far and hold the clock until the transaction ends.

    Raises ClockMissing without its row, CountedOtherwise when the numbers were counted by something else.
    """
    row = await conn.fetchrow("SELECT sequence, counted_by FROM projection_clock FOR UPDATE")
    if row is None:
        raise ClockMissing(f"projection_clock kosong / is empty: {_REBUILD}")
    if row["counted_by"] not in (None, counted_by):
        raise CountedOtherwise(
            f"angka dihitung dengan definisi lain / the numbers were counted by other definitions: {_REBUILD}"
        )
    sequence: int = row["sequence"]
    return sequence


async def advance_clock(conn: Connection, sequence: int | None, as_of: datetime, counted_by: str) -> None:
    """Move the clock: to `sequence` when numbers changed (and tell listeners at commit), the rest in any case."""
    await conn.execute(_ADVANCE, sequence, as_of, counted_by)
    if sequence is not None:
        await conn.execute("SELECT pg_notify('situation', $1)", str(sequence))


async def forget_changes(conn: Connection, hours: int) -> None:
    """Delete changes older than some hours; streams cannot resume from before them."""
    await conn.execute(_PRUNE, hours)


async def move_cells(conn: Connection, sequence: int, rows: Rows) -> bool:
    """Add (numerator, denominator) to cells keyed (area, period, indicator); tells whether there was any."""
    return await _move(conn, _CELLS, sequence, rows, both=True)


async def move_completeness(conn: Connection, sequence: int, rows: Rows) -> bool:
    """Add (expected, reported) to completeness keyed (area, period)."""
    return await _move(conn, _COMPLETENESS, sequence, rows, both=True)


async def move_population(conn: Connection, sequence: int, rows: Rows) -> bool:
    """Add residents keyed (area, birth month, sex)."""
    return await _move(conn, _POPULATION, sequence, rows, both=False)


async def move_sasaran(conn: Connection, sequence: int, rows: Rows) -> bool:
    """Add projected persons keyed (area, population group)."""
    return await _move(conn, _SASARAN, sequence, rows, both=False)


async def _move(conn: Connection, statement: str, sequence: int, rows: Rows, *, both: bool) -> bool:
    if not rows:
        return False
    columns = [list(column) for column in zip(*(key for key, _ in rows), strict=True)]
    numbers = [[pair[0] for _, pair in rows]] + ([[pair[1] for _, pair in rows]] if both else [])
    await conn.execute(statement, sequence, *columns, *numbers)
    return True
