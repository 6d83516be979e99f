"""SQL of announcements: which regencies changed and are due, in one statement. Called by `announcements.py`."""

from datetime import datetime, timedelta
from typing import NamedTuple

from ilp_shared.db.connection import Connection

# A regency is due when it has a change after the sequence announced last, and that was long enough ago; a time ahead is
# one from before the clock was set back, and long enough ago too. Whoever loses a race to another worker waits for its
# commit, and the WHERE of the update then sees what that one announced.
_CLAIM = """
WITH due AS (
    SELECT t.root FROM area_tree t LEFT JOIN announcement n ON n.area_code = t.root
    WHERE (n.at IS NULL OR n.at <= clock_timestamp() - $1::interval OR n.at > clock_timestamp())
    AND EXISTS (SELECT 1 FROM change c WHERE c.area_code = t.root AND c.sequence > coalesce(n.sequence, 0))
    ORDER BY t.root),
claimed AS (
    INSERT INTO announcement AS n (area_code, version, sequence, at)
    SELECT root, 1, clock.sequence, clock_timestamp() FROM due, projection_clock clock
    ON CONFLICT (area_code) DO UPDATE SET version = n.version + 1, sequence = excluded.sequence, at = clock_timestamp()
    WHERE n.sequence < excluded.sequence AND (n.at <= clock_timestamp() - $1::interval OR n.at > clock_timestamp())
    RETURNING area_code, version, sequence)
SELECT claimed.area_code, claimed.version, claimed.sequence, clock.as_of
FROM claimed, projection_clock clock ORDER BY claimed.area_code
"""


class Announcement(NamedTuple):
    """A regency to announce, with the version of the event and the projection's state it stands for."""

    area_code: str
    version: int
    sequence: int
    as_of: datetime


async def claim_due(conn: Connection, interval: timedelta) -> list[Announcement]:
    """Note regencies that changed and were not announced for `interval` as announced now; returns them by code.

    Needs a transaction, in which the caller archives the events: their rows stay locked until it ends.
    """
    return [Announcement(*row) for row in await conn.fetch(_CLAIM, interval)]
