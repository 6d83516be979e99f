"""SQL of the stream: what changed since a sequence, and whether that can still be told."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession

from ilp_monitoring.reading import fetch, fetch_one
from ilp_shared.db.connection import Connection

_CHANGED = text("""
SELECT DISTINCT area_code, indicator FROM change
WHERE area_code = ANY(CAST(:codes AS text[])) AND sequence > :last AND period IN (:period, '')
""")
_RESUMABLE = text("""
SELECT :last = sequence
       OR (:last < sequence AND EXISTS (SELECT 1 FROM projection_batch b WHERE b.sequence = :last + 1))
FROM projection_clock
""")
_CLOCK = "SELECT sequence, (SELECT min(at) FROM partition_seen) AS checked_at FROM projection_clock"
_TOUCHED = "SELECT DISTINCT area_code, period FROM change WHERE sequence > $1 AND sequence <= $2"


async def changed_since(session: AsyncSession, codes: Collection[str], period: str, last: int) -> set[tuple[str, str]]:
    """Return (area, indicator or kind of denominator) that changed after a sequence."""
    values = {"codes": list(codes), "period": period, "last": last}
    return {(area, indicator) for area, indicator in await fetch(session, _CHANGED, values)}


async def is_resumable(session: AsyncSession, last: int) -> bool:
    """Tell whether every change after `last` is still at hand (and `last` is a sequence of ours)."""
    return bool((await fetch_one(session, _RESUMABLE, {"last": last}))[0])


async def touched_between(conn: Connection, after: int) -> tuple[int, datetime | None, set[tuple[str, str]]]:
    """Return the present sequence, `checked_at`, and the (area, month) pairs touched after a sequence."""
    clock = await conn.fetchrow(_CLOCK)
    if clock is None:
        raise LookupError("projection_clock is empty")
    touched = set()
    if clock["sequence"] > after:
        touched = {(row[0], row[1]) for row in await conn.fetch(_TOUCHED, after, clock["sequence"])}
    return clock["sequence"], clock["checked_at"], touched
