"""Forgets changes after a day: streams resume from younger ones, and older readers load the page anew."""

import asyncio

import asyncpg
import structlog

from ilp_shared.db.transient import is_transient

log = structlog.get_logger()
KEEP_HOURS = 24
_EVERY_S = 600

_PRUNE = """
WITH old AS (
    SELECT max(sequence) AS sequence FROM projection_batch
    WHERE applied_at < clock_timestamp() - $1 * interval '1 hour'),
forgotten AS (DELETE FROM projection_batch b USING old WHERE b.sequence <= old.sequence)
DELETE FROM change c USING old WHERE c.sequence <= old.sequence
"""


async def prune_changes(pool: asyncpg.Pool) -> None:
    """Job of the worker: every ten minutes, until cancelled."""
    while True:
        try:
            async with pool.acquire() as conn:
                await conn.execute(_PRUNE, KEEP_HOURS)
        except Exception as error:
            if not is_transient(error):
                raise
            log.warning("prune_postponed", reason=type(error).__name__)
        await asyncio.sleep(_EVERY_S)
