"""How long idempotency keys are stored, and the deletion of expired ones."""

from ilp_shared.db.connection import Connection

KEEP_DAYS = 180
"""Phones of kader may stay offline for weeks; a repeated command must be recognised long after."""


async def forget_old_keys(conn: Connection) -> None:
    """Delete keys older than 180 days; a command repeated later is carried out again."""
    await conn.execute(
        "DELETE FROM idempotency_key WHERE created_at < clock_timestamp() - $1 * interval '1 day'", KEEP_DAYS
    )
