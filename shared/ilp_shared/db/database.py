"""One service's connections: an SQLModel engine for ordinary commands, an asyncpg pool for hot paths and the bus."""

import asyncio
from dataclasses import dataclass

import asyncpg
from sqlalchemy import AdaptedConnection, event, exc
from sqlalchemy.ext.asyncio import AsyncEngine, async_sessionmaker, create_async_engine
from sqlalchemy.pool import ConnectionPoolEntry
from sqlmodel.ext.asyncio.session import AsyncSession

from ilp_shared.db.connection import Connection
from ilp_shared.db.transient import is_transient
from ilp_shared.settings import ServiceSettings

_GOOD_BYE_S = 5.0
_PING_S = 2.0
_JUST_MADE = "just_made"
"""In SQLAlchemy's notes on a connection, which begin empty: whether it was never handed out before."""
_SERVER = {
    "idle_in_transaction_session_timeout": "30000",
    "timezone": "UTC",
}


@dataclass(frozen=True)
class Database:
    """Engine and pool of one process, both bound to the service's schema."""

    engine: AsyncEngine
    sessions: async_sessionmaker[AsyncSession]
    pool: asyncpg.Pool

    @classmethod
    async def connect(
        cls, settings: ServiceSettings, schema: str, *, command_timeout_s: float | None = None
    ) -> "Database":
        """Open both; raises when the database cannot be reached (the supervisor tries again).

        With `command_timeout_s` a statement that gets no answer (a frozen server) fails instead of waiting for ever.
        """
        url = settings.database_url.get_secret_value()
        limits = {"statement_timeout": settings.waits.statement_s, "lock_timeout": settings.waits.lock_s}
        server = {
            **_SERVER,
            **{name: f"{int(s * 1000)}" for name, s in limits.items()},
            "search_path": schema,
            "application_name": f"ilp-{schema}",
        }
        engine = create_async_engine(
            url.replace("postgresql://", "postgresql+asyncpg://", 1),
            pool_size=settings.pool_size,
            max_overflow=0,
            pool_timeout=settings.command_deadline_s,
            hide_parameters=True,
            connect_args={
                "server_settings": server,
                "timeout": settings.command_deadline_s,
                "command_timeout": command_timeout_s,
            },
        )
        event.listen(engine.sync_engine, "checkout", _ask_whether_it_answers)
        pool = await asyncpg.create_pool(
            url,
            min_size=1,
            max_size=settings.pool_size,
            server_settings=server,
            timeout=settings.command_deadline_s,
            command_timeout=command_timeout_s,
            reset=_nothing_to_forget,
        )
        sessions = async_sessionmaker(engine, class_=AsyncSession, expire_on_commit=False)
        return cls(engine, sessions, pool)

    async def close(self) -> None:
        """Close both, waiting for running statements; a server that does not say good-bye is left without."""
        try:
            async with asyncio.timeout(_GOOD_BYE_S):
                await self.engine.dispose()
                await self.pool.close()
        except TimeoutError:
            self.pool.terminate()


def _ask_whether_it_answers(connection: AdaptedConnection, entry: ConnectionPoolEntry, _proxy: object) -> None:
    """Before use: one connection that is dead, or silent, ends all that are as old; the request gets a new one.

    SQLAlchemy's own ping would wait for an answer as long as for that of any statement. A connection just made has
    answered: asked again, a slow server would be given up for good after the second connection.
    """
    if entry.info.setdefault(_JUST_MADE, True):
        entry.info[_JUST_MADE] = False
        return
    try:
        connection.run_async(lambda driver: driver.fetchrow(";", timeout=_PING_S))
    except Exception as error:
        if is_transient(error):
            raise exc.InvalidatePoolError from None
        raise


async def _nothing_to_forget(_conn: Connection) -> None:
    """Spare a round trip for each release: settings are local to transactions, listeners are removed or terminated.

    asyncpg itself still rolls back a transaction that was left open.
    """
