"""What a worker sees of the health of its database, beyond its own connections.

PostgreSQL shows every role the snapshots of all sessions and the state of the archiver; no other right is needed.
"""

import asyncio
import time
from typing import Final

import asyncpg
import structlog

from ilp_shared import metrics
from ilp_shared.db.connection import Connection
from ilp_shared.db.transient import is_transient

log = structlog.get_logger()
_EVERY_S: Final = 15.0
_OLDEST: Final = """
SELECT xmin::text FROM (
    SELECT backend_xmin AS xmin FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid()
    UNION ALL SELECT xmin FROM pg_replication_slots
) AS held WHERE xmin IS NOT NULL ORDER BY age(xmin) DESC LIMIT 1
"""
_ARCHIVED: Final = """
SELECT CASE WHEN current_setting('archive_mode') = 'off' THEN 0
       ELSE coalesce(extract(epoch FROM clock_timestamp() - last_archived_time)::float8, 'Infinity') END
FROM pg_stat_archiver
"""


class Vitals:
    """The last look at the database; a snapshot's age is how long it has been seen to stand still."""

    def __init__(self) -> None:
        self._oldest: str | None = None
        self._since = time.monotonic()

    async def look(self, conn: Connection) -> None:
        """Set the gauges."""
        oldest: str | None = await conn.fetchval(_OLDEST)
        now = time.monotonic()
        if oldest is None or oldest != self._oldest:
            self._oldest, self._since = oldest, now
        metrics.OLDEST_SNAPSHOT.set(now - self._since)
        metrics.WAL_ARCHIVE_AGE.set(await conn.fetchval(_ARCHIVED))


async def keep_watched(pool: asyncpg.Pool) -> None:
    """Look every quarter of a minute, until cancelled."""
    vitals = Vitals()
    while True:
        try:
            async with pool.acquire() as conn:
                await vitals.look(conn)
        except Exception as error:
            if not is_transient(error):
                raise
            log.warning("vitals_unknown", reason=type(error).__name__)
        await asyncio.sleep(_EVERY_S)
