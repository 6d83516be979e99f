"""Tells other services, at most once a minute per regency, that its numbers changed (`SituationChanged`).

Run by the job in `housekeeping.py`. The event and the note of what was announced are one transaction.
"""

from datetime import timedelta
from uuid import NAMESPACE_URL, UUID, uuid5

from ilp_monitoring.projections.announcement_repository import Announcement, claim_due
from ilp_shared.bus.archive import event_log
from ilp_shared.bus.contract.envelope import NewEvent
from ilp_shared.db.connection import Connection
from ilp_shared.events.monitoring.v1 import SituationChanged

INTERVAL = timedelta(minutes=1)
_NAMESPACE = uuid5(NAMESPACE_URL, "urn:ilp:monitoring")


def situation_id(regency: str) -> UUID:
    """Return the aggregate id of a regency's situation: the same in every installation."""
    return uuid5(_NAMESPACE, f"situation:{regency}")


async def announce(conn: Connection, interval: timedelta = INTERVAL) -> int:
    """Archive one event for each regency that changed and is due; returns how many. Any number may run at once."""
    async with conn.transaction():
        due = await claim_due(conn, interval)
        await event_log.append(conn, [_event(announcement) for announcement in due])
    return len(due)


def _event(announcement: Announcement) -> NewEvent:
    regency = announcement.area_code
    return NewEvent(
        data=SituationChanged(area_code=regency, as_of=announcement.as_of, sequence=announcement.sequence),
        aggregate_id=situation_id(regency),
        aggregate_version=announcement.version,
        home_area=regency,
        area_code=regency,
        occurred_at=announcement.as_of,
    )
