"""SQL of the stream: what changed since a sequence, and whether those changes are still at hand."""

from collections.abc import Collection
from datetime import datetime
from typing import Final, NamedTuple

from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession

from ilp_monitoring.statements import SOURCE_PARTITIONS, SOURCES, fetch, fetch_one
from ilp_shared.db.connection import Connection

_CHANGED: Final = text("""
SELECT DISTINCT area_code, indicator FROM change
WHERE area_code = ANY(CAST(:codes AS text[])) AND sequence > :last AND period = ANY(CAST(:periods AS text[]))
""")
_RESUMABLE: Final = text("""
SELECT :last = sequence
       OR (:last < sequence AND EXISTS (SELECT 1 FROM projection_batch b WHERE b.sequence = :last + 1))
FROM projection_clock
""")
_CLOCK: Final = """
SELECT sequence,
       $1::bigint = sequence OR EXISTS (SELECT 1 FROM projection_batch b WHERE b.sequence = $1::bigint + 1) AS unbroken,
       (SELECT CASE WHEN count(*) >= $3 AND count(through) = count(*) THEN min(through) END
        FROM partition_seen WHERE domain = ANY($2::text[])) AS checked_at
FROM projection_clock
"""
EVERY_MONTH: Final = ""
"""The month of a change that concerns all months: of people registered or projected."""
_CHANGES: Final = "SELECT DISTINCT area_code, period FROM change WHERE sequence > $1 AND sequence <= $2"


class Progress(NamedTuple):
    """The projection at one moment, and what changed since the sequence asked about."""

    sequence: int
    checked_at: datetime | None
    unbroken: bool
    """Every change since is at hand; False after a rebuild, or after too long a time."""
    changes: set[tuple[str, str]]
    """Area and month."""


async def changed_since(
    session: AsyncSession, codes: Collection[str], months: Collection[str], last: int
) -> set[tuple[str, str]]:
    """Return (area, indicator or kind of denominator) that changed in these months after a sequence."""
    values = {"codes": list(codes), "periods": [*months, EVERY_MONTH], "last": last}
    return {(area, indicator) for area, indicator in await fetch(session, _CHANGED, values)}


async def is_resumable(session: AsyncSession, last: int) -> bool:
    """Tell whether every change after `last` is still at hand (and the projection has reached `last`)."""
    return bool((await fetch_one(session, _RESUMABLE, {"last": last}))[0])


async def progress_since(conn: Connection, after: int | None) -> Progress:
    """Return what happened after a sequence (None: at first); raises LookupError when the clock is missing."""
    clock = await conn.fetchrow(_CLOCK, after, SOURCES, SOURCE_PARTITIONS)
    if clock is None:
        raise LookupError("projection_clock is empty")
    changes = set()
    if after is not None and clock["sequence"] > after:
        changes = {(row[0], row[1]) for row in await conn.fetch(_CHANGES, after, clock["sequence"])}
    unbroken = after is None or clock["unbroken"]
    return Progress(clock["sequence"], clock["checked_at"], unbroken=unbroken, changes=changes)
