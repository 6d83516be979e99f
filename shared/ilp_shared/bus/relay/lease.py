"""Leader election of the relay: a lease row with an epoch, renewed in every transaction that writes.

A session lock is not enough: a frozen process keeps its connection, and so its lock. With the lease, a relay whose
epoch has passed finds no row to renew, and stops.

Time is that of the database. If its clock was set back, an old lease can expire far in the future. No lease lasts
longer than LONGEST_S, so any later expiry is treated as expired.
"""

import os
import socket
from datetime import datetime
from typing import Final

from ilp_shared.db.connection import Connection

LONGEST_S: Final = 60.0
_VALID = f"expires_at BETWEEN clock_timestamp() AND clock_timestamp() + interval '{LONGEST_S} seconds'"
_ACQUIRE = f"""
UPDATE relay_lease SET holder = $1, epoch = epoch + 1, expires_at = clock_timestamp() + $2 * interval '1 second'
WHERE NOT {_VALID} RETURNING epoch
"""
_RENEW = """
UPDATE relay_lease SET expires_at = clock_timestamp() + $3 * interval '1 second'
WHERE holder = $1 AND epoch = $2 RETURNING clock_timestamp()
"""
_HELD = f"SELECT {_VALID} FROM relay_lease FOR UPDATE"
_OF_ANOTHER = f"SELECT expires_at FROM relay_lease WHERE holder <> $1 AND {_VALID}"
_RELEASE = "UPDATE relay_lease SET expires_at = '-infinity' WHERE holder = $1 AND epoch = $2"


class LeaseLost(Exception):  # noqa: N818 - control flow, not an error
    """Another relay holds the lease now."""


async def is_held(conn: Connection) -> bool:
    """Tell whether a worker of this service runs: one of them always holds the lease.

    Inside a transaction the row stays locked until its end: a worker that starts meanwhile waits.
    """
    return bool(await conn.fetchval(_HELD))


class Lease:
    """The candidacy of one process to be the relay of its service."""

    def __init__(self, ttl_s: float) -> None:
        if ttl_s > LONGEST_S:
            raise ValueError(f"no lease may be longer than {LONGEST_S} s")
        self.holder = f"{socket.gethostname()}:{os.getpid()}"
        self.ttl_s = ttl_s
        self.epoch = 0
        self.renewed_at: datetime | None = None
        """Time of the last renewal, by the database's clock."""
        self._expiry_of_another: datetime | None = None

    async def acquire(self, conn: Connection) -> bool:
        """Take the lease if it is free or expired; tell whether it was taken."""
        epoch = await conn.fetchval(_ACQUIRE, self.holder, self.ttl_s)
        self.epoch = epoch or 0
        return epoch is not None

    async def is_renewed_by_another(self, conn: Connection) -> bool:
        """Tell whether another process renewed the lease since the last question: it lives, and looks after the log.

        The lease of a process that has died is valid for a while too, and so is that of one that refuses to lead.
        """
        before = self._expiry_of_another
        self._expiry_of_another = expiry = await conn.fetchval(_OF_ANOTHER, self.holder)
        return None not in (before, expiry) and before != expiry

    async def renew(self, conn: Connection) -> None:
        """Extend the lease and lock its row until the transaction ends; raises LeaseLost if the epoch has passed."""
        renewed_at = await conn.fetchval(_RENEW, self.holder, self.epoch, self.ttl_s)
        if renewed_at is None:
            raise LeaseLost
        self.renewed_at = renewed_at

    async def release(self, conn: Connection) -> None:
        """Give the lease up, so that the next relay need not wait until it expires."""
        await conn.execute(_RELEASE, self.holder, self.epoch)
