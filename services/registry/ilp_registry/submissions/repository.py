"""Idempotency keys of many items in one statement each; same table and routes as single requests."""

from collections.abc import Mapping, Sequence

import asyncpg

from ilp_shared.db.connection import Connection
from ilp_shared.http.submissions import Replayed, settle
from ilp_shared.problems import KeyInProgress, Problem
from ilp_shared.text import Text

_BUSY = Text("Permintaan dengan kunci ini sedang diproses.", "A request with this key is being processed.")


async def claim(
    conn: Connection, client: str, route: str, hashes: Mapping[str, bytes]
) -> dict[str, Replayed | Problem]:
    """Claim keys (in sorted order: no deadlock); returns what is to be answered for those used before."""
    keys = sorted(hashes)
    try:
        rows = await conn.fetch(
            "INSERT INTO idempotency_key (client, route, key, request_hash)"
            " SELECT $1, $2, key, hash FROM unnest($3::text[], $4::bytea[]) AS t (key, hash)"
            " ON CONFLICT DO NOTHING RETURNING key",
            client,
            route,
            keys,
            [hashes[key] for key in keys],
        )
    except asyncpg.LockNotAvailableError:
        raise KeyInProgress(_BUSY, retry_after_s=1) from None
    used = set(keys) - {row["key"] for row in rows}
    if not used:
        return {}
    known = await conn.fetch(
        "SELECT key, request_hash, status, response FROM idempotency_key"
        " WHERE client = $1 AND route = $2 AND key = ANY($3)",
        client,
        route,
        list(used),
    )
    answers: dict[str, Replayed | Problem] = {
        row["key"]: settle(row["request_hash"], hashes[row["key"]], row["status"], row["response"]) for row in known
    }
    return answers


async def remember(conn: Connection, client: str, route: str, status: int, answers: Mapping[str, str]) -> None:
    """Keep the answers of carried-out commands with their keys."""
    if answers:
        await conn.execute(
            "UPDATE idempotency_key k SET status = $3, response = t.response"
            " FROM unnest($4::text[], $5::text[]) AS t (key, response)"
            " WHERE k.client = $1 AND k.route = $2 AND k.key = t.key",
            client,
            route,
            status,
            list(answers),
            list(answers.values()),
        )


async def release(conn: Connection, client: str, route: str, keys: Sequence[str]) -> None:
    """Give up the keys of refused commands, so that a corrected one may use them."""
    if keys:
        await conn.execute(
            "DELETE FROM idempotency_key WHERE client = $1 AND route = $2 AND key = ANY($3)", client, route, list(keys)
        )
