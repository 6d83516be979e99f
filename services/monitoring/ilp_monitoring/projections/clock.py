"""The projection's clock: one row that every batch locks, and the changes kept for a day by its sequence.

Batches of all workers run one after another because of that lock. So sequences have no gaps and follow commit order,
and a person whose screenings arrive over two shards is still counted once.
"""

from datetime import datetime
from typing import Final

from ilp_shared.bus.consume.applier import ProjectionRefuses
from ilp_shared.db.connection import Connection
from ilp_shared.tracing import batch_traceparent

_ADVANCE: Final = """
WITH clock AS (
    UPDATE projection_clock SET sequence = coalesce($1, sequence), as_of = greatest(as_of, $2), counted_by = $3
    RETURNING as_of)
INSERT INTO projection_batch (sequence, applied_at, as_of)
SELECT $1, clock_timestamp(), as_of FROM clock WHERE $1 IS NOT NULL
"""

_PRUNE: Final = """
WITH old AS (
    SELECT max(sequence) AS sequence FROM projection_batch
    WHERE applied_at < clock_timestamp() - $1 * interval '1 hour'),
forgotten AS (DELETE FROM projection_batch b USING old WHERE b.sequence <= old.sequence)
DELETE FROM change c USING old WHERE c.sequence <= old.sequence
"""

# Rows that a batch adds to at this moment are left for the next time: waiting for them could end in a deadlock.
_PRUNE_ARRIVALS: Final = """
DELETE FROM arrival a USING (
    SELECT b.area_code, b.minute, b.facility_id
    FROM (
        SELECT DISTINCT area_code FROM change WHERE indicator = 'ARRIVALS' AND sequence > (
            SELECT coalesce(max(sequence), 0) FROM projection_batch
            WHERE applied_at < clock_timestamp() - $2 * interval '1 second')) AS areas
    CROSS JOIN LATERAL (
        SELECT area_code, minute, facility_id FROM arrival WHERE area_code = areas.area_code
        ORDER BY minute DESC, facility_id DESC OFFSET $1) AS old
    JOIN arrival b ON (b.area_code, b.minute, b.facility_id) = (old.area_code, old.minute, old.facility_id)
    FOR UPDATE OF b SKIP LOCKED) AS free
WHERE (a.area_code, a.minute, a.facility_id) = (free.area_code, free.minute, free.facility_id)
"""

_REBUILD: Final = "hentikan worker, lalu / stop the worker, then: `python -m ilp_monitoring rebuild`"


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
    """Move the clock: to `sequence` when numbers changed (and notify listeners at commit), the rest in any case.

    The notice names the sequence, and the trace of the batch where it is measured.
    """
    await conn.execute(_ADVANCE, sequence, as_of, counted_by)
    if sequence is not None:
        traceparent = batch_traceparent()
        notice = f"{sequence} {traceparent}" if traceparent else str(sequence)
        await conn.execute("SELECT pg_notify('situation', $1)", notice)


async def forget_arrivals(conn: Connection, newest: int, seconds: int) -> None:
    """Delete all arrivals but the newest of each area in which any came within some seconds."""
    await conn.execute(_PRUNE_ARRIVALS, newest, seconds)


async def forget_changes(conn: Connection, hours: int) -> None:
    """Delete changes older than some hours; streams cannot resume from before them."""
    await conn.execute(_PRUNE, hours)
