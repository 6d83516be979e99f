"""SQL of look-ups."""

from typing import Final

import asyncpg

from ilp_shared.db.connection import Connection
from ilp_shared.db.locks import LOOKUPS

_LOCK: Final = "SELECT pg_advisory_xact_lock($1, hashtext($2))"
_FORGET: Final = "DELETE FROM lookup WHERE client = $1 AND at <= clock_timestamp() - interval '1 hour'"
_SPENT: Final = """
SELECT number, extract(epoch FROM at + interval '1 hour' - clock_timestamp())::float8 AS returns_in_s
FROM lookup WHERE client = $1 ORDER BY at
"""
_ADD: Final = "INSERT INTO lookup (client, number) VALUES ($1, $2)"


async def spent_last_hour(conn: Connection, client: str) -> list[asyncpg.Record]:
    """Return number and seconds until their return of an account's look-ups, oldest first; locks the account."""
    await conn.execute(_LOCK, LOOKUPS, client)
    await conn.execute(_FORGET, client)
    return await conn.fetch(_SPENT, client)


async def add_spent(conn: Connection, client: str, number: int) -> None:
    """Store that an account spends look-ups now."""
    await conn.execute(_ADD, client, number)
