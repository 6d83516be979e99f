"""One service's connections: an SQLModel engine for ordinary commands, an asyncpg pool for hot paths and the bus."""

import asyncio
from dataclasses import dataclass
from typing import Any

import asyncpg
from sqlalchemy import AdaptedConnection, event, exc
from sqlalchemy.ext.asyncio import AsyncEngine, async_sessionmaker
from sqlalchemy.pool import ConnectionPoolEntry, QueuePool
from sqlmodel.ext.asyncio.session import AsyncSession

from ilp_shared import metrics
from ilp_shared.db.address import make_engine, make_pool
from ilp_shared.db.connection import Connection
from ilp_shared.db.transient import is_transient
from ilp_shared.settings import ServiceSettings

_CLOSE_S = 5.0
_PING_S = 2.0
_JUST_MADE = "just_made"
"""Key in SQLAlchemy's notes on a connection, which begin empty: True until the first checkout."""
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
        url = settings.database_url
        limits = {"statement_timeout": settings.waits.statement_s, "lock_timeout": settings.waits.lock_s}
        server = {
            **_SERVER,
            **{name: f"{int(s * 1000)}" for name, s in limits.items()},
            "search_path": schema,
            "application_name": f"ilp-{schema}",
        }
        connection: dict[str, Any] = {
            "server_settings": server,
            "timeout": settings.command_deadline_s,
            "command_timeout": command_timeout_s,
        }
        engine = make_engine(
            url,
            connection=connection,
            pool_size=settings.pool_size,
            max_overflow=0,
            pool_timeout=settings.command_deadline_s,
        )
        event.listen(engine.sync_engine, "checkout", _ping)
        pool = await make_pool(url, min_size=1, max_size=settings.pool_size, reset=_skip_reset, **connection)
        sessions = async_sessionmaker(engine, class_=AsyncSession, expire_on_commit=False)
        return cls(engine, sessions, pool)

    def measure(self) -> None:
        """Set the gauges of both pools; called for each look at the metrics."""
        commands = self.engine.pool
        if isinstance(commands, QueuePool):
            _note("commands", commands.checkedout(), commands.checkedin(), commands.size())
        idle = self.pool.get_idle_size()
        _note("hot", self.pool.get_size() - idle, idle, self.pool.get_max_size())

    async def close(self) -> None:
        """Close both and wait for running statements; connections of a server that does not answer are dropped."""
        try:
            async with asyncio.timeout(_CLOSE_S):
                await self.engine.dispose()
                await self.pool.close()
        except TimeoutError:
            self.pool.terminate()


def _note(pool: str, used: int, idle: int, limit: int) -> None:
    for state, number in (("used", used), ("idle", idle), ("limit", limit)):
        metrics.DATABASE_CONNECTIONS.labels(pool, state).set(number)


def _ping(connection: AdaptedConnection, entry: ConnectionPoolEntry, _proxy: object) -> None:
    """Ping a connection before use; a dead or silent one invalidates the pool, and the request gets a new connection.

    SQLAlchemy's own ping would wait as long as for any statement. A new connection is not pinged: it has just answered,
    and a slow server would never get past its second connection.
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


async def _skip_reset(_conn: Connection) -> None:
    """Save a round trip for each release: settings are local to transactions, listeners are removed or terminated.

    asyncpg itself still rolls back a transaction that was left open.
    """
