"""Background work of the worker: announce changed regencies, show the silent, delete old changes and arrivals.

Streams resume from the changes that are left; older readers load the page again.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

import asyncpg
import structlog

from ilp_monitoring.projections.announcements import announce
from ilp_monitoring.projections.cells import ARRIVALS_KEPT
from ilp_monitoring.projections.clock import forget_arrivals, forget_changes
from ilp_monitoring.projections.silence_repository import silent_regencies
from ilp_shared import metrics
from ilp_shared.clock import Clock, SystemClock
from ilp_shared.db.connection import Connection
from ilp_shared.db.transient import is_transient

log = structlog.get_logger()
KEEP_HOURS: Final = 24
_PRUNE_EVERY_S: Final = 600
_ANNOUNCE_EVERY_S: Final = 5
_LOOK_FOR_SILENCE_EVERY_S: Final = 300


async def prune_changes(pool: asyncpg.Pool) -> None:
    """Delete old changes and arrivals every ten minutes, until cancelled."""
    await _repeat(pool, prune_once, _PRUNE_EVERY_S)


async def announce_changes(pool: asyncpg.Pool) -> None:
    """Announce changed regencies every five seconds, until cancelled; each regency waits out its minute."""
    await _repeat(pool, announce, _ANNOUNCE_EVERY_S)


async def watch_silence(pool: asyncpg.Pool) -> None:
    """Show every five minutes how many regencies are silent, until cancelled."""
    await _repeat(pool, show_silence, _LOOK_FOR_SILENCE_EVERY_S)


async def show_silence(conn: Connection, clock: Clock | None = None) -> None:
    """Set the gauge, and name the silent regencies in the log: a gauge has no label of an area."""
    silent = await silent_regencies(conn, (clock or SystemClock()).now())
    metrics.REGENCIES_SILENT.set(len(silent))
    if silent:
        log.warning("regencies_silent", silent=" ".join(silent))


async def prune_once(conn: Connection) -> None:
    """Delete what no reader is given any more: old changes, and arrivals that newer ones follow."""
    await announce(conn)  # after a long stop no change is deleted unannounced
    await forget_arrivals(conn, ARRIVALS_KEPT, 2 * _PRUNE_EVERY_S)
    await forget_changes(conn, KEEP_HOURS)


async def _repeat(pool: asyncpg.Pool, work: Callable[[Connection], Awaitable[object]], every_s: float) -> None:
    last_success = metrics.LAST_SUCCESS.labels(work.__name__)
    last_success.set_to_current_time()
    while True:
        try:
            async with pool.acquire() as conn:
                await work(conn)
            last_success.set_to_current_time()
        except Exception as error:
            if not is_transient(error):
                raise
            log.warning("housekeeping_postponed", work=work.__name__, reason=type(error).__name__)
        await asyncio.sleep(every_s)
