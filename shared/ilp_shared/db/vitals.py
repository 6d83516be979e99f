"""What a worker sees of the health of its database, beyond its own connections.

PostgreSQL shows every role the snapshots of all sessions and the state of the archiver; no other right is needed.
"""

import asyncio
import time
from collections.abc import Sequence
from math import inf
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
_NOT_FOLLOWED: Final = """
SELECT slot_name::text AS slot, restart_lsn::text AS place, wal_status = 'lost' AS lost
FROM pg_replication_slots
WHERE current_setting('archive_mode') = 'off' AND slot_type = 'physical' AND NOT temporary
AND (wal_status = 'lost' OR restart_lsn
     < CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn() ELSE pg_current_wal_lsn() END)
"""
"""Slots whose reader (`pg_receivewal`) lacks a part of the log; with an archive, slots are those of replicas."""


class Vitals:
    """The last look at the database; a snapshot's age is how long it has been seen to stand still.

    So is that of a slot which the log has passed.
    """

    def __init__(self) -> None:
        self._oldest: str | None = None
        self._since = time.monotonic()
        self._places: dict[str, tuple[str, float]] = {}

    async def look(self, conn: Connection) -> None:
        """Set the gauges."""
        oldest: str | None = await conn.fetchval(_OLDEST)
        now = time.monotonic()
        if oldest is None or oldest != self._oldest:
            self._oldest, self._since = oldest, now
        metrics.OLDEST_SNAPSHOT.set(now - self._since)
        unfollowed_s = self._unfollowed_s(await conn.fetch(_NOT_FOLLOWED), now)
        metrics.WAL_ARCHIVE_AGE.set(max(await conn.fetchval(_ARCHIVED), unfollowed_s))

    def _unfollowed_s(self, slots: Sequence[asyncpg.Record], now: float) -> float:
        """Return how long the slot that has stood still longest has; infinite where its part of the log is gone."""
        if any(slot["lost"] for slot in slots):
            return inf
        stood = {slot["slot"]: (slot["place"], now) for slot in slots}
        for slot, (place, since) in self._places.items():
            if stood.get(slot, ("", 0.0))[0] == place:
                stood[slot] = (place, since)
        self._places = stood
        return max((now - since for _, since in stood.values()), default=0.0)


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
