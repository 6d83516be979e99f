"""SQL on `recount_run`; the rows are written by the recount itself, which shares no code with this service."""

from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession

from ilp_monitoring.recount_runs.schemas import Recount
from ilp_monitoring.statements import fetch

_LATEST = text("SELECT at, cells, events, differences, duration_s FROM recount_run ORDER BY id DESC LIMIT 1")


async def latest_recount(session: AsyncSession) -> Recount | None:
    """Return the newest recount, if there was any."""
    rows = await fetch(session, _LATEST)
    return Recount.model_validate(rows[0]) if rows else None
