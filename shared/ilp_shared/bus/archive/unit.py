"""A unit: one transaction of a service's state and of the events about it.

Routes, consumers, jobs and hot paths raise events by `emit` only; the events are archived in the transaction that
changes the state. `write.uow` adds an SQLModel session.
"""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime

from ilp_shared import failpoints
from ilp_shared.bus.archive import event_log
from ilp_shared.bus.contract.envelope import Aggregate, Event, NewEvent
from ilp_shared.db.connection import Connection
from ilp_shared.events.base import EventData
from ilp_shared.tracing import current_traceparent


class Unit:
    """A connection inside a transaction, and the events that are archived before its commit."""

    def __init__(self, conn: Connection) -> None:
        self.conn = conn
        self._events: list[NewEvent] = []
        self.at_end: list[Callable[[], None]] = []
        """Called when the transaction has ended, whichever way."""

    def emit(
        self,
        data: EventData,
        *,
        of: Aggregate,
        occurred_at: datetime,
        cause: Event | None = None,
        traceparent: str | None = None,
    ) -> None:
        """Archive an event about an aggregate with this transaction, after all state changes.

        `occurred_at` is when it happened (UTC). The trace is that of `cause` (the consumed event), else `traceparent`
        (of a command that waited in a queue), else that of the request.
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
        """Archive the events. Must run once, just before the commit."""
        if self._events:
            await event_log.append(self.conn, self._events)


@asynccontextmanager
async def open_unit(conn: Connection, *, name: str = "unit") -> AsyncIterator[Unit]:
    """Open a transaction (a savepoint inside another one) as a unit; commit on a clean exit, roll back otherwise.

    Its failpoints are `<name>.before_commit` and `<name>.after_commit`.
    """
    unit = Unit(conn)
    try:
        async with conn.transaction():
            yield unit
            await unit.finish()
            failpoints.hit(f"{name}.before_commit")
    finally:
        for call in unit.at_end:
            call()
    failpoints.hit(f"{name}.after_commit")
