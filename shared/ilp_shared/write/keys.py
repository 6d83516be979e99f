"""Idempotency keys: a client names each command by a key; the first answer is stored with it for 180 days.

One key rule and one set of statements, for a single command and for a batch. A hot path may claim its keys inside a
statement of its own; `settle` decides the answer to a known key there too.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Final

import asyncpg

from ilp_shared import metrics
from ilp_shared.auth.principal import Principal
from ilp_shared.db.connection import Connection
from ilp_shared.problems import ABSENT, KeyInProgress, KeyReused, NotFound, Problem
from ilp_shared.text import Text

_MAX_KEY: Final = 255
_DIGEST: Final = 32
"""Bytes of one digest of a body; a hash under several keys is one digest after the other."""
KEY_SCHEMA: Final[dict[str, object]] = {"type": "string", "minLength": 1, "maxLength": _MAX_KEY}
"""JSON Schema of a usable key, for the OpenAPI documents."""
_NIK: Final = re.compile(
    r"(?<![0-9A-Za-z])[0-9]{6}(?:[04][1-9]|[1256][0-9]|[37][01])(?:0[1-9]|1[0-2])[0-9]{6}(?![0-9A-Za-z])"
)
_REUSED = Text(
    "Idempotency-Key ini sudah dipakai untuk isi yang berbeda. Pakai kunci baru.",
    "This Idempotency-Key was used for another body. Use a new key.",
)
_BUSY = Text("Permintaan dengan kunci ini sedang diproses.", "A request with this key is being processed.")

_CLAIM = """
INSERT INTO idempotency_key (client, route, key, request_hash, areas)
SELECT $1, $2, key, hash, $5 FROM unnest($3::text[], $4::bytea[]) AS t (key, hash)
ON CONFLICT DO NOTHING RETURNING key
"""
_KNOWN = """
SELECT key, request_hash, status, response, areas FROM idempotency_key
WHERE client = $1 AND route = $2 AND key = ANY($3)
"""
_REMEMBER = """
UPDATE idempotency_key k SET status = $3, response = t.response
FROM unnest($4::text[], $5::text[]) AS t (key, response) WHERE k.client = $1 AND k.route = $2 AND k.key = t.key
"""
_RELEASE = "DELETE FROM idempotency_key WHERE client = $1 AND route = $2 AND key = ANY($3)"


class Replayed(Exception):  # noqa: N818 - an answer, not an error
    """The command was carried out before; its first answer is sent again."""

    def __init__(self, status: int, body: str) -> None:
        super().__init__(status)
        self.status, self.body = status, body


def usable_key(raw: object) -> str | None:
    """Return a key without surrounding white space; None unless it is printable text of 1 to 255 characters.

    Printable text excludes NUL and lone surrogates, which PostgreSQL cannot store. A number of the form of a NIK is no
    key: keys are stored for 180 days.
    """
    if not isinstance(raw, str):
        return None
    key = raw.strip()
    return key if 0 < len(key) <= _MAX_KEY and key.isprintable() and not _NIK.search(key) else None


def in_progress() -> KeyInProgress:
    """Return the answer for a key whose first request has not finished."""
    return KeyInProgress(_BUSY, retry_after_s=1)


def scope_text(areas: Iterable[str]) -> str:
    """Return an account's areas as they are stored with its key."""
    return ",".join(areas)


def settle(
    stored_hash: bytes, request_hash: bytes, status: int | None, response: str | None, *, reached: bool = True
) -> Replayed | KeyReused | KeyInProgress | NotFound:
    """Return the answer to a request whose key is known: the first answer again, or why it is refused.

    `reached` tells whether the account still covers the areas that it had when it was answered first; else the record
    may lie outside them, and does not exist for it.
    """
    if _digests(stored_hash).isdisjoint(_digests(request_hash)):
        return KeyReused(_REUSED)
    if status is None or response is None:
        return in_progress()
    if not reached:
        return NotFound(ABSENT)
    metrics.REPLAYED_COMMANDS.inc()
    return Replayed(status, response)


def _digests(request_hash: bytes) -> set[bytes]:
    """Return the digests in a hash: those of one body under different keys have one in common while a key changes."""
    return {request_hash[at : at + _DIGEST] for at in range(0, len(request_hash), _DIGEST)}


def still_reached(principal: Principal, areas: str | None) -> bool:
    """Tell whether an account covers the areas stored with a key; keys of older versions have none."""
    return areas is None or all(principal.covers(area) for area in areas.split(","))


async def claim(
    conn: Connection, principal: Principal, route: str, hashes: Mapping[str, bytes]
) -> dict[str, Replayed | Problem]:
    """Claim keys in sorted order (no deadlock); return the answer of each key that was used before.

    Waits while another transaction holds one of them; raises KeyInProgress after the lock timeout.
    """
    keys, client = sorted(hashes), principal.subject
    try:
        rows = await conn.fetch(_CLAIM, client, route, keys, [hashes[key] for key in keys], scope_text(principal.areas))
    except asyncpg.LockNotAvailableError:
        raise in_progress() from None
    used = set(keys) - {row["key"] for row in rows}
    answers: dict[str, Replayed | Problem] = {key: in_progress() for key in used}  # of a key that expired meanwhile
    for row in await conn.fetch(_KNOWN, client, route, list(used)) if used else ():
        key = row["key"]
        reached = still_reached(principal, row["areas"])
        answers[key] = settle(row["request_hash"], hashes[key], row["status"], row["response"], reached=reached)
    return answers


async def remember(conn: Connection, client: str, route: str, status: int, answers: Mapping[str, str]) -> None:
    """Store the answers (JSON text) of commands by their keys."""
    if answers:
        await conn.execute(_REMEMBER, client, route, status, list(answers), list(answers.values()))


async def release(conn: Connection, client: str, route: str, keys: Iterable[str]) -> None:
    """Delete the keys of refused commands, so that corrected commands may use them."""
    refused = list(keys)
    if refused:
        await conn.execute(_RELEASE, client, route, refused)
