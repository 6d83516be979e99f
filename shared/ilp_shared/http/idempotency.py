"""Idempotent commands: the first answer to an Idempotency-Key is kept with its request's hash and given again.

`Command` serves ordinary routes (one unit of work each); hot paths use `claim`/`remember` in their own statement.
Keys are kept 180 days (`db/retention.py`).
"""

import hashlib
from collections.abc import AsyncIterator, Awaitable, Callable

import orjson
from fastapi import Request, Response
from pydantic import BaseModel
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from ilp_shared import failpoints, metrics
from ilp_shared.auth.principal import Principal
from ilp_shared.db.uow import UnitOfWork, open_uow
from ilp_shared.http.bodies import read_json, too_deep
from ilp_shared.http.resources import Resources, resources_of
from ilp_shared.problems import KeyInProgress, KeyMissing, KeyReused
from ilp_shared.text import Text

_MAX_KEY = 255
_MISSING = Text(
    "Sertakan header 'Idempotency-Key' (UUID buatan klien, paling banyak 255 huruf).",
    "Send the header 'Idempotency-Key' (a UUID made by the client, at most 255 characters).",
)
_REUSED = Text(
    "Idempotency-Key ini sudah dipakai untuk isi yang berbeda. Pakai kunci baru.",
    "This Idempotency-Key was used for another body. Use a new key.",
)
_BUSY = Text("Permintaan dengan kunci ini sedang diproses.", "A request with this key is being processed.")


class Replayed(Exception):  # noqa: N818 - an answer, not an error
    """The command was carried out before; its first answer is given again."""

    def __init__(self, status: int, body: str) -> None:
        super().__init__(status)
        self.status, self.body = status, body


def key_of(request: Request) -> str:
    """Return the request's Idempotency-Key; raises KeyMissing."""
    key = request.headers.get("idempotency-key", "").strip()
    if not key or len(key) > _MAX_KEY or not key.isprintable():
        raise KeyMissing(_MISSING)
    return key


def hash_of(body: object) -> bytes:
    """Return SHA-256 of a JSON value in canonical form (sorted keys), so that white space does not matter.

    Raises InvalidInput for a value nested deeper than can be written.
    """
    try:
        return hashlib.sha256(orjson.dumps(body, option=orjson.OPT_SORT_KEYS)).digest()
    except orjson.JSONEncodeError:
        raise too_deep() from None


def settle(
    stored_hash: bytes, request_hash: bytes, status: int | None, response: str | None
) -> Replayed | KeyReused | KeyInProgress:
    """Decide what a second request with a known key gets."""
    if stored_hash != request_hash:
        return KeyReused(_REUSED)
    if status is None or response is None:
        return KeyInProgress(_BUSY, retry_after_s=1)
    metrics.REPLAYED_COMMANDS.inc()
    return Replayed(status, response)


class Command:
    """One idempotent write: its principal, unit of work, and the answer kept with it."""

    def __init__(self, principal: Principal, uow: UnitOfWork, resources: Resources) -> None:
        self.principal, self.uow, self.resources = principal, uow, resources
        self.reply: tuple[int, str] | None = None

    def answer(self, status: int, body: BaseModel, *, location: str | None = None) -> Response:
        """Build the response; its body is stored with the key, in the same transaction."""
        content = body.model_dump_json()
        self.reply = (status, content)
        headers = {"Location": location} if location else None
        return Response(content, status, headers=headers, media_type="application/json")


def command(guard: Callable[[Request], Awaitable[Principal]]) -> Callable[[Request], AsyncIterator[Command]]:
    """Return the dependency of a write route; `Depends(..., scope="function")` makes it commit before the answer."""

    async def open_command(request: Request) -> AsyncIterator[Command]:
        principal = await guard(request)
        resources = resources_of(request)
        key = key_of(request)
        body = read_json(await request.body() or b"null")
        route = f"{request.method} {request.url.path.removeprefix(resources.settings.root_path)}"
        async with open_uow(resources.database, principal.areas) as uow:
            await _claim(uow, principal.subject, route, key, hash_of(body))
            opened = Command(principal, uow, resources)
            yield opened
            if opened.reply is not None:
                await _remember(uow, principal.subject, route, key, opened.reply)
            failpoints.hit("command.before_commit")
        failpoints.hit("command.after_commit")

    open_command.guard = guard  # type: ignore[attr-defined]  # read by the architecture test
    return open_command


async def _claim(uow: UnitOfWork, client: str, route: str, key: str, request_hash: bytes) -> None:
    connection = await uow.session.connection()
    values = {"client": client, "route": route, "key": key, "hash": request_hash}
    try:
        claimed = await connection.execute(
            text(
                "INSERT INTO idempotency_key (client, route, key, request_hash) VALUES (:client, :route, :key, :hash)"
                " ON CONFLICT DO NOTHING RETURNING 1"
            ),
            values,
        )
    except DBAPIError as error:
        if getattr(error.orig, "sqlstate", None) == "55P03":
            raise KeyInProgress(_BUSY, retry_after_s=1) from None
        raise
    if claimed.first() is not None:
        return
    found = await connection.execute(
        text(
            "SELECT request_hash, status, response FROM idempotency_key"
            " WHERE client = :client AND route = :route AND key = :key"
        ),
        values,
    )
    row = found.one()
    raise settle(row.request_hash, request_hash, row.status, row.response)


async def _remember(uow: UnitOfWork, client: str, route: str, key: str, reply: tuple[int, str]) -> None:
    connection = await uow.session.connection()
    await connection.execute(
        text(
            "UPDATE idempotency_key SET status = :status, response = :response"
            " WHERE client = :client AND route = :route AND key = :key"
        ),
        {"client": client, "route": route, "key": key, "status": reply[0], "response": reply[1]},
    )
