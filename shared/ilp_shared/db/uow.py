"""The unit of work: one transaction for state, events and the idempotency row, committed before the answer is sent.

Only this module and `group_commit.py` commit. Everything else raises events with `emit` and lets go.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import cast

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlmodel.ext.asyncio.session import AsyncSession

from ilp_shared import failpoints
from ilp_shared.bus import event_log
from ilp_shared.bus.envelope import NewEvent
from ilp_shared.db.connection import Connection
from ilp_shared.db.database import Database
from ilp_shared.db.scope import Scope


class UnitOfWork:
    """A session inside a transaction, and the events that will be archived with it."""

    def __init__(self, session: AsyncSession) -> None:
        self.session = session
        self._events: list[NewEvent] = []

    def emit(self, event: NewEvent) -> None:
        """Archive an event in this transaction, after all state was flushed."""
        self._events.append(event)

    async def connection(self) -> Connection:
        """Return the driver's connection of this transaction, for COPY and hand-written statements."""
        raw = await (await self.session.connection()).get_raw_connection()
        return cast(Connection, raw.driver_connection)

    async def finish(self) -> None:
        """Flush state and archive the events; called once, just before the commit."""
        await self.session.flush()
        if self._events:
            await event_log.append(await self.connection(), self._events)


@asynccontextmanager
async def open_uow(database: Database, scope: Scope) -> AsyncIterator[UnitOfWork]:
    """Open a unit of work limited to the areas of `scope`; commits on a clean exit, rolls back otherwise."""
    async with database.sessions() as session, session.begin():
        await _enter(await session.connection(), scope)
        uow = UnitOfWork(session)
        yield uow
        await uow.finish()
        failpoints.hit("uow.before_commit")
    failpoints.hit("uow.after_commit")


@asynccontextmanager
async def open_read(database: Database, scope: Scope) -> AsyncIterator[AsyncSession]:
    """Open a read-only transaction limited to the areas of `scope`, with one snapshot for all its statements."""
    async with database.sessions() as session, session.begin():
        connection = await session.connection()
        await connection.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY"))
        await _enter(connection, scope)
        yield session


async def _enter(connection: AsyncConnection, scope: Scope) -> None:
    await connection.execute(text("SELECT set_config('ilp.areas', :areas, true)"), {"areas": ",".join(scope)})
