"""Forgets changes after a day: streams resume from younger ones, and older readers load the page anew."""

import asyncio

import asyncpg
import structlog

from ilp_monitoring.projections.cell_repository import forget_changes
from ilp_shared.db.transient import is_transient

log = structlog.get_logger()
KEEP_HOURS = 24
_EVERY_S = 600


async def prune_changes(pool: asyncpg.Pool) -> None:
    """Job of the worker: every ten minutes, until cancelled."""
    while True:
        try:
            async with pool.acquire() as conn:
                await forget_changes(conn, KEEP_HOURS)
        except Exception as error:
            if not is_transient(error):
                raise
            log.warning("prune_postponed", reason=type(error).__name__)
        await asyncio.sleep(_EVERY_S)
