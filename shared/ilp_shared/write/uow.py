"""The unit of work of routes: one transaction for state, events and idempotency key, committed before the answer.

Only units commit: this one, and those of `bus.archive.unit` (consumers, jobs, group commit).
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import cast

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlmodel.ext.asyncio.session import AsyncSession

from ilp_shared import failpoints
from ilp_shared.bus.archive.unit import Unit
from ilp_shared.db.connection import Connection
from ilp_shared.db.database import Database
from ilp_shared.db.scope import Scope


class UnitOfWork(Unit):
    """A unit with an SQLModel session on the same transaction."""

    def __init__(self, session: AsyncSession, conn: Connection) -> None:
        super().__init__(conn)
        self.session = session

    async def finish(self) -> None:
        """Flush the session's state, then archive the events."""
        await self.session.flush()
        await super().finish()


@asynccontextmanager
async def open_uow(database: Database, scope: Scope) -> AsyncIterator[UnitOfWork]:
    """Open a unit of work limited to the areas of `scope`; commit on a clean exit, roll back otherwise."""
    async with database.sessions() as session, session.begin():
        connection = await session.connection()
        await _enter(connection, scope)
        uow = UnitOfWork(session, await driver_connection(connection))
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


async def driver_connection(connection: AsyncConnection) -> Connection:
    """Return asyncpg's connection below SQLAlchemy's, in the same transaction."""
    raw = await connection.get_raw_connection()
    return cast(Connection, raw.driver_connection)


async def _enter(connection: AsyncConnection, scope: Scope) -> None:
    await connection.execute(text("SELECT set_config('ilp.areas', :areas, true)"), {"areas": ",".join(scope)})
