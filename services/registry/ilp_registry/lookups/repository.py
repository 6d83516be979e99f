"""SQL of look-ups."""

from collections.abc import Collection, Sequence
from typing import Final

import asyncpg

from ilp_registry.lookups.models import NewLookup
from ilp_shared.db.connection import Connection
from ilp_shared.db.locks import LOOKUPS

_LOCK: Final = "SELECT pg_advisory_xact_lock($1, hashtext($2))"
_SPENT: Final = """
SELECT number, extract(epoch FROM at + interval '1 hour' - clock_timestamp())::float8 AS returns_in_s
FROM lookup WHERE client = $1 AND number > 0 AND at > clock_timestamp() - interval '1 hour' ORDER BY at
"""
_QUESTIONS: Final = "SELECT question FROM lookup WHERE client = $1 AND question = ANY($2)"
_SERIES: Final = """
SELECT series, count(*)::int AS n FROM lookup
WHERE client = $1 AND series = ANY($2) AND at > clock_timestamp() - interval '1 hour' GROUP BY series
"""
_ADD: Final = """
INSERT INTO lookup (client, number, question, series)
SELECT $1, * FROM unnest($2::int[], $3::bytea[], $4::bytea[])
"""
_FORGET: Final = """
DELETE FROM lookup WHERE at < clock_timestamp() - interval '1 hour'
    AND (question IS NULL OR at < clock_timestamp() - $1 * interval '1 day')
"""


async def lock_account(conn: Connection, client: str) -> None:
    """Let the requests of an account spend look-ups one after the other, until the end of the transaction."""
    await conn.execute(_LOCK, LOOKUPS, client)


async def spent_last_hour(conn: Connection, client: str) -> list[asyncpg.Record]:
    """Return number and seconds until their return of an account's look-ups, oldest first."""
    return await conn.fetch(_SPENT, client)


async def known_questions(conn: Connection, client: str, questions: Collection[bytes]) -> set[bytes]:
    """Return those of these questions that an account has asked before and that had a conflict as answer."""
    return {row["question"] for row in await conn.fetch(_QUESTIONS, client, list(questions))}


async def series_of_last_hour(conn: Connection, client: str, series: Collection[bytes]) -> dict[bytes, int]:
    """Return how many NIKs of each of these series an account has registered in the last hour."""
    return {row["series"]: row["n"] for row in await conn.fetch(_SERIES, client, list(series))}


async def add_lookups(conn: Connection, client: str, lookups: Sequence[NewLookup]) -> None:
    """Store what an account spends now."""
    if lookups:
        await conn.execute(_ADD, client, *(list(column) for column in zip(*lookups, strict=True)))


async def delete_old(conn: Connection, days: int) -> None:
    """Delete look-ups of all accounts that count no longer: after an hour, with a question after so many days."""
    await conn.execute(_FORGET, days)
