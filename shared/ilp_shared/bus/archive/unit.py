"""A unit: one transaction of a service's state and of the events that tell others of it.

Routes, consumers and hot paths all raise events by `emit`; they reach the archive in the transaction that changed the
state. `write.uow` adds an SQLModel session to it.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime

from ilp_shared import failpoints
from ilp_shared.bus.archive import event_log
from ilp_shared.bus.contract.envelope import Aggregate, Event, NewEvent
from ilp_shared.db.connection import Connection
from ilp_shared.events.base import EventData
from ilp_shared.tracing import current_traceparent


class Unit:
    """A connection inside a transaction, and the events that will be archived with it."""

    def __init__(self, conn: Connection) -> None:
        self.conn = conn
        self._events: list[NewEvent] = []

    def emit(
        self,
        data: EventData,
        *,
        of: Aggregate,
        occurred_at: datetime,
        cause: Event | None = None,
        traceparent: str | None = None,
    ) -> None:
        """Archive an event about an aggregate with this transaction, after all its state.

        `occurred_at` is when it happened (UTC). The trace is that of `cause` (the event being consumed), else
        `traceparent` (of a command that waited in a queue), else the request's own.
        """
        trace = cause.attributes.get("traceparent") if cause is not None else traceparent or current_traceparent()
        self._events.append(
            NewEvent(
                data=data,
                aggregate_id=of.id,
                aggregate_version=of.version,
                home_area=of.home_area,
                area_code=of.area_code or of.home_area,
                occurred_at=occurred_at,
                facility_id=of.facility_id,
                policy_version=of.policy_version,
                traceparent=trace,
            )
        )

    async def finish(self) -> None:
        """Archive the events; called once, just before the commit."""
        if self._events:
            await event_log.append(self.conn, self._events)


@asynccontextmanager
async def open_unit(conn: Connection, *, name: str = "unit") -> AsyncIterator[Unit]:
    """Open a transaction (a savepoint inside another one) as a unit; commits on a clean exit, rolls back otherwise.

    `name` is that of its failpoints, `<name>.before_commit` and `<name>.after_commit`.
    """
    async with conn.transaction():
        unit = Unit(conn)
        yield unit
        await unit.finish()
        failpoints.hit(f"{name}.before_commit")
    failpoints.hit(f"{name}.after_commit")
