"""SQL on `recount_run`; the rows are written by the recount itself, which shares no code with this service."""

from typing import NamedTuple

import asyncpg
import orjson
from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession

from ilp_monitoring.recount_runs.schemas import Recount
from ilp_monitoring.statements import fetch
from ilp_shared.db.connection import Connection
from ilp_shared.db.locks import RECOUNT

_LATEST = text("""
SELECT at, cells, events, differences, duration_s, regencies, regencies_compared, all_since
FROM recount_run ORDER BY at DESC, id DESC LIMIT 1
""")


async def latest_recount(session: AsyncSession) -> Recount | None:
    """Return the recount that began last, if there was any: one of hours may end after a newer one."""
    rows = await fetch(session, _LATEST)
    return Recount.model_validate(rows[0]) if rows else None


class LastRun(NamedTuple):
    """The finished recount that began last, as the schedule sees it; `kinds` are its findings, counted by kind."""

    id: int
    age_s: float
    differences: int
    kinds: dict[str, int]


async def last_run(conn: Connection) -> LastRun | None:
    """Return the recount that began last with its age by the database's clock, if there was any."""
    row = await conn.fetchrow(
        "SELECT id, extract(epoch FROM clock_timestamp() - at)::float AS age_s, differences, detail"
        " FROM recount_run ORDER BY at DESC, id DESC LIMIT 1"
    )
    if row is None:
        return None
    return LastRun(row["id"], row["age_s"], row["differences"], orjson.loads(row["detail"]).get("by_kind", {}))


async def claim_turn(conn: Connection) -> bool:
    """Take the lock of the scheduled recount for this connection; False while another worker has it."""
    return bool(await conn.fetchval("SELECT pg_try_advisory_lock($1)", RECOUNT))


async def end_turn(conn: Connection) -> None:
    """Give the lock up; where that fails the connection is dropped, and the lock with it."""
    try:
        await conn.fetchval("SELECT pg_advisory_unlock($1)", RECOUNT)
    except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError):
        conn.terminate()
