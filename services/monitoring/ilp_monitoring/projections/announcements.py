"""Announces, at most once a minute per regency, that its numbers changed (`SituationChanged`).

The event and the note of the announcement are one transaction.
"""

from datetime import datetime, timedelta
from typing import Final, NamedTuple
from uuid import NAMESPACE_URL, UUID, uuid5

from ilp_shared.bus.archive.unit import open_unit
from ilp_shared.bus.contract.envelope import Aggregate
from ilp_shared.db.connection import Connection
from ilp_shared.events.monitoring.v1 import SituationChanged

INTERVAL: Final = timedelta(minutes=1)
_NAMESPACE: Final = uuid5(NAMESPACE_URL, "urn:ilp:monitoring")

# A regency is due when it has a change after the sequence of its last announcement, and that announcement is old
# enough. A time in the future is from before the clock was set back: it counts as old enough. A worker that loses a
# race waits for the winner's commit, and the WHERE of its update then sees the winner's announcement.
_CLAIM: Final = """
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
    """A regency to announce, with the version of the event and the projection's state that it reports."""

    area_code: str
    version: int
    sequence: int
    as_of: datetime


def situation_id(regency: str) -> UUID:
    """Return the aggregate id of a regency's situation: the same in every installation."""
    return uuid5(_NAMESPACE, f"situation:{regency}")


async def announce(conn: Connection, interval: timedelta = INTERVAL) -> int:
    """Raise one event for each regency that changed and is due; returns how many. Any number may run at once."""
    async with open_unit(conn) as unit:
        due = [Announcement(*row) for row in await conn.fetch(_CLAIM, interval)]
        for one in due:
            unit.emit(
                SituationChanged(area_code=one.area_code, as_of=one.as_of, sequence=one.sequence),
                of=Aggregate(situation_id(one.area_code), one.version, one.area_code),
                occurred_at=one.as_of,
            )
    return len(due)
