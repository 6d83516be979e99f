"""Carries out idempotent writes: the key of a single request and of a batch item is the same key.

All accepted items of a batch are one transaction with set-based statements; a refused item does not touch the
others and frees its key. Request hashes are keyed, because bodies hold NIKs. Called by the routers.
"""

import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar
from uuid import UUID

import orjson
from fastapi import Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ValidationError

from ilp_registry.persons.vault import Vault
from ilp_registry.problems import AlreadyStored
from ilp_registry.submissions import repository
from ilp_registry.submissions.schemas import BatchAnswer, BatchResult, Receipt, Status
from ilp_shared.auth.principal import Principal
from ilp_shared.write.uow import UnitOfWork, open_uow
from ilp_shared.http.submissions import Replayed, hash_of, key_of
from ilp_shared.http.refusals import field_errors
from ilp_shared.http.resources import resources_of
from ilp_shared.problems import Conflict, InvalidInput, KeyMissing, KeyReused, Problem
from ilp_shared.text import Language, Text, preferred_language

D = TypeVar("D", bound=BaseModel)
Outcome = Receipt | Problem
Store = Callable[[UnitOfWork, Sequence[D]], Awaitable[Sequence[Outcome]]]
"""Stores drafts inside the transaction; one outcome per draft, in order."""

_KEY_FORM = re.compile(r"[^\x00\ud800-\udfff]{1,255}")
"""What the database can hold as text: no NUL, no half of a surrogate pair."""
_INPUT = Text("Periksa isian yang ditandai, lalu kirim lagi.", "Check the marked fields and send again.")
_KEY = Text(
    "Setiap butir perlu 'idempotency_key' (1–255 huruf).", "Each item needs an 'idempotency_key' (1–255 letters)."
)
_HEADER = Text(
    "'Idempotency-Key' berisi huruf yang tidak dapat disimpan; pakai UUID.",
    "'Idempotency-Key' holds a character that cannot be stored; use a UUID.",
)
_REUSED = Text(
    "idempotency_key ini dipakai dua kali dengan isi berbeda.", "This idempotency_key is used twice with other content."
)


async def submit_one(
    request: Request, principal: Principal, route: str, draft: D, store: Store[D], *, status: int = 201
) -> Response:
    """Carry out one write; answers again what the key was answered before; raises the Problem that refuses it."""
    resources = resources_of(request)
    client, key = principal.subject, key_of(request)
    if not _KEY_FORM.fullmatch(key):
        raise KeyMissing(_HEADER)
    request_hash = resources.part(Vault).digest(hash_of(await request.json()))  # the very value that was validated
    async with open_uow(resources.database, principal.areas) as uow:
        conn = await uow.connection()
        for known in (await repository.claim(conn, client, route, {key: request_hash})).values():
            raise known
        (outcome,) = await store(uow, [draft])
        if isinstance(outcome, Problem):
            raise outcome
        body = outcome.model_dump_json()
        await repository.remember(conn, client, route, status, {key: body})
    headers = {"Location": resources.settings.root_path + outcome.path()} if status == 201 else None
    return Response(body, status, headers, "application/json")


@dataclass(frozen=True)
class _Item(Generic[D]):
    key: str
    request_hash: bytes
    draft: D | Problem


async def submit_batch(
    request: Request,
    principal: Principal,
    route: str,
    items: Sequence[Mapping[str, object]],
    draft: type[D],
    store: Store[D],
) -> BatchAnswer:
    """Carry out many writes in one transaction; returns one result per item, in order."""
    resources = resources_of(request)
    digest = resources.part(Vault).digest
    read = [_read(item, draft, digest) for item in items]
    first: dict[str, _Item[D]] = {}
    for item in read:
        if isinstance(item.draft, BaseModel):
            first.setdefault(item.key, item)
    async with open_uow(resources.database, principal.areas) as uow:
        answers = await _carry_out(uow, principal.subject, route, first, store)
    language = preferred_language(request.headers.get("accept-language"))
    results, seen = [], set[str]()
    for item in read:
        answer = item.draft if isinstance(item.draft, Problem) else answers[item.key]
        if isinstance(item.draft, BaseModel) and item.request_hash != first[item.key].request_hash:
            answer = KeyReused(_REUSED)
        elif item.key in seen and isinstance(answer, Receipt):
            answer = Replayed(201, answer.model_dump_json())
        seen.add(item.key)
        results.append(_result(item.key, answer, language))
    return BatchAnswer(results=results)


async def _carry_out(
    uow: UnitOfWork, client: str, route: str, items: Mapping[str, _Item[D]], store: Store[D]
) -> dict[str, Outcome | Replayed]:
    conn = await uow.connection()
    answers: dict[str, Outcome | Replayed] = {}
    answers.update(await repository.claim(conn, client, route, {k: item.request_hash for k, item in items.items()}))
    fresh = {k: item.draft for k, item in items.items() if k not in answers and not isinstance(item.draft, Problem)}
    outcomes = dict(zip(fresh, await store(uow, list(fresh.values())), strict=True))
    stored = {k: outcome.model_dump_json() for k, outcome in outcomes.items() if isinstance(outcome, Receipt)}
    await repository.remember(conn, client, route, 201, stored)
    await repository.release(conn, client, route, [k for k in outcomes if k not in stored])
    return {**answers, **outcomes}


def _read(item: Mapping[str, object], draft: type[D], digest: Callable[[bytes], bytes]) -> _Item[D]:
    body = {name: value for name, value in item.items() if name != "idempotency_key"}
    key = item.get("idempotency_key")
    if not isinstance(key, str) or not _KEY_FORM.fullmatch(key):
        return _Item("", b"", KeyMissing(_KEY, "/idempotency_key"))
    try:
        sound = draft.model_validate(body)  # first: what is valid can be hashed
        return _Item(key, digest(hash_of(body)), sound)
    except ValidationError as error:
        faults = field_errors(RequestValidationError(error.errors(include_input=False, include_context=False)))
        return _Item(key, b"", InvalidInput(_INPUT, errors=faults))


def _result(key: str, answer: Outcome | Replayed, language: Language) -> BatchResult:
    if isinstance(answer, Problem):
        status: Status = "conflict" if isinstance(answer, Conflict) else "rejected"
        existing = answer.existing_id if isinstance(answer, AlreadyStored) else None
        return BatchResult(
            idempotency_key=key, status=status, id=existing, version=None, problem=answer.document(language)
        )
    if isinstance(answer, Replayed):
        first = orjson.loads(answer.body)
        return BatchResult(
            idempotency_key=key, status="duplicate", id=UUID(first["id"]), version=first["version"], problem=None
        )
    return BatchResult(idempotency_key=key, status="accepted", id=answer.id, version=answer.version, problem=None)
