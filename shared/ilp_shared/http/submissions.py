"""Idempotent writes over HTTP: a single command, or a batch in which each item is a command of its own.

Both store their keys under the same route, so a client may repeat an item of a batch as a single command. The commit
comes before the answer.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar
from uuid import UUID

import orjson
from fastapi import Depends, Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ValidationError

from ilp_shared import failpoints
from ilp_shared.auth.permissions import Permission
from ilp_shared.auth.principal import Principal
from ilp_shared.http.accesses import record_refusals, refused_of
from ilp_shared.http.batches import KEY, BatchAnswer, BatchResult
from ilp_shared.http.guard import Guard
from ilp_shared.http.refusals import field_errors, render
from ilp_shared.http.resources import Resources, resources_of
from ilp_shared.models import Output
from ilp_shared.problems import FieldWarning, InvalidInput, KeyMissing, KeyReused, KeyUnusable, Problem
from ilp_shared.text import Language, Text, preferred_language
from ilp_shared.write.keys import Replayed, claim, release, remember, usable_key
from ilp_shared.write.uow import UnitOfWork, open_uow

_CREATED = 201
_MISSING = Text(
    "Sertakan header 'Idempotency-Key' (UUID buatan klien, paling banyak 255 huruf; bukan NIK).",
    "Send the header 'Idempotency-Key' (a UUID made by the client, at most 255 characters; no NIK).",
)
_MISSING_IN_ITEM = Text(
    "Sertakan 'idempotency_key' pada tiap butir (buatan klien, 1–255 huruf tercetak; bukan NIK).",
    "Send an 'idempotency_key' with each item (made by the client, 1–255 printable characters; no NIK).",
)
_UNUSABLE = Text(
    "Kunci ini tidak dapat dipakai: 1–255 huruf tercetak, dan bukan NIK. Pakai UUID buatan klien.",
    "This key cannot be used: 1–255 printable characters, and no NIK. Use a UUID made by the client.",
)
_REUSED_IN_BATCH = Text(
    "idempotency_key ini dipakai dua kali dengan isi berbeda.", "This idempotency_key is used twice with other content."
)


class Receipt(Output):
    """Tanda terima penulisan.

    The answer of every write that stores a record, at least.
    """

    id: UUID
    """Nomor catatan yang tersimpan / identifier of the stored record"""
    version: int
    """Nomor versi catatan, mulai dari 1 / number of the record's latest change, from 1"""
    warnings: tuple[FieldWarning, ...] = ()
    """Diterima, tetapi perlu diperiksa lagi / accepted, but to be looked at again"""


Form = TypeVar("Form", bound=BaseModel)
Outcome = Receipt | Problem
Store = Callable[[UnitOfWork, Sequence[Form]], Awaitable[Sequence[Outcome]]]
"""Stores forms in the transaction of the unit; one outcome per form, in their order."""


def key_of(request: Request) -> str:
    """Return the request's Idempotency-Key; raises KeyMissing, or KeyUnusable for one that was sent."""
    raw_key = request.headers.get("idempotency-key")
    key = usable_key(raw_key)
    if key is None:
        raise KeyUnusable(_UNUSABLE) if _was_sent(raw_key) else KeyMissing(_MISSING)
    return key


def _was_sent(raw_key: object) -> bool:
    return raw_key is not None and (not isinstance(raw_key, str) or bool(raw_key.strip()))


@dataclass(frozen=True)
class Command:
    """One idempotent write: its principal, its unit of work, and the key under which its answer is stored."""

    request: Request
    principal: Principal
    uow: UnitOfWork
    resources: Resources
    route: str
    key: str
    permission: Permission
    """The permission that the principal was checked for."""

    @property
    def now(self) -> datetime:
        """The present instant, by the clock of the service."""
        return self.resources.clock.now()

    async def answer(self, status: int, body: BaseModel, *, location: str | None = None) -> Response:
        """Return the response, and store its body with the key in the same transaction.

        `location` is the path of a new record below the service's root.
        """
        content = body.model_dump_json()
        await remember(self.uow.conn, self.principal.subject, self.route, status, {self.key: content})
        headers = {"Location": self.resources.settings.root_path + location} if location else None
        return Response(content, status, headers=headers, media_type="application/json")

    async def refuse(self, problem: Problem) -> Response:
        """Return a refusal whose traces in the unit of work are committed; its key is free again.

        A Problem that is raised leaves nothing behind.
        """
        await release(self.uow.conn, self.principal.subject, self.route, [self.key])
        return render(self.request, problem)


@dataclass(frozen=True)
class CommandGuard:
    """The dependency of a write route that yields its command; raises the first answer of a key used before."""

    permission: Permission

    async def __call__(self, request: Request) -> AsyncIterator[Command]:
        """Open the unit of work and claim the key."""
        principal = await Guard(self.permission)(request)
        resources = resources_of(request)
        key, route = key_of(request), _route_of(request, resources)
        request_hash = resources.hash_of(await request.json() if await request.body() else None)
        async with open_uow(resources.database, principal.areas) as uow:
            for earlier in (await claim(uow.conn, principal, route, {key: request_hash})).values():
                raise earlier
            yield Command(request, principal, uow, resources, route, key, self.permission)
            failpoints.hit("command.before_commit")
        failpoints.hit("command.after_commit")


def command(permission: Permission) -> Any:
    """Return the marker of a write route's command: `Annotated[Command, command(…)]`; it commits before the answer."""
    return Depends(CommandGuard(permission), scope="function")


@dataclass(frozen=True)
class Item(Generic[Form]):
    """One item of a batch, as it was read."""

    key: str | None
    """What it is known by; None where it has no usable key."""
    sent_key: str | None
    """The same as it was sent, for its result: a client looks for its own text."""
    request_hash: bytes
    """Hash of the same command sent alone."""
    form: Form | Problem
    """Its content, or what refuses it."""


async def submit_batch(
    request: Request, principal: Principal, items: Sequence[Mapping[str, object]], form: type[Form], store: Store[Form]
) -> BatchAnswer[BatchResult]:
    """Carry out many writes in one transaction; a refused item does not affect the others and frees its key.

    Their route is that of the single write: the batch's path without `:batch`.
    """
    resources = resources_of(request)
    resources.rates.take("batch_rows", principal.subject, len(items))
    route = _route_of(request, resources).removesuffix(":batch")
    read = [read_item(item, form, resources) for item in items]
    first: dict[str, Item[Form]] = {}
    for item in read:
        if item.key is not None and isinstance(item.form, BaseModel):
            first.setdefault(item.key, item)
    async with open_uow(resources.database, principal.areas) as uow:
        answers = await _carry_out(uow, principal, route, first, store)
    await record_refusals(request, refused_of(answers.values()))
    language = preferred_language(request.headers.get("accept-language"))
    results: list[BatchResult] = []
    answered_keys: set[str] = set()
    for item in read:
        results.append(_result(item, _answer_of(item, first, answers, answered_keys), language))
        if item.key is not None and not isinstance(item.form, Problem):
            answered_keys.add(item.key)
    return BatchAnswer(results=results)


async def _carry_out(
    uow: UnitOfWork, principal: Principal, route: str, items: Mapping[str, Item[Form]], store: Store[Form]
) -> dict[str, Outcome | Replayed]:
    answers: dict[str, Outcome | Replayed] = {}
    client = principal.subject
    answers.update(await claim(uow.conn, principal, route, {key: item.request_hash for key, item in items.items()}))
    new = {key: item.form for key, item in items.items() if key not in answers and not isinstance(item.form, Problem)}
    outcomes = dict(zip(new, await store(uow, list(new.values())), strict=True))
    stored = {key: outcome.model_dump_json() for key, outcome in outcomes.items() if isinstance(outcome, Receipt)}
    await remember(uow.conn, client, route, _CREATED, stored)
    await release(uow.conn, client, route, outcomes.keys() - stored.keys())
    return {**answers, **outcomes}


def read_item(item: Mapping[str, object], form: type[Form], resources: Resources) -> Item[Form]:
    """Return an item with its key and content; what is wrong with it is its own problem, not the batch's."""
    raw_key = item.get(KEY)
    key = usable_key(raw_key)
    if key is None or not isinstance(raw_key, str):
        pointer = f"/{KEY}"
        sent = _was_sent(raw_key)
        return Item(None, None, b"", KeyUnusable(_UNUSABLE, pointer) if sent else KeyMissing(_MISSING_IN_ITEM, pointer))
    body = {name: value for name, value in item.items() if name != KEY}
    try:
        checked = form.model_validate(body)  # first: a valid body can be hashed
        return Item(key, raw_key, resources.hash_of(body), checked)
    except ValidationError as error:
        faults = field_errors(RequestValidationError(error.errors(include_input=False)))
        return Item(key, raw_key, b"", InvalidInput(errors=faults))
    except Problem as problem:
        return Item(key, raw_key, b"", problem)


def _answer_of(
    item: Item[Form],
    first: Mapping[str, Item[Form]],
    answers: Mapping[str, Outcome | Replayed],
    answered_keys: set[str],
) -> Outcome | Replayed:
    """Return the answer to an item; a later item with the key of an earlier one repeats its answer."""
    if isinstance(item.form, Problem):
        return item.form
    assert item.key is not None  # noqa: S101 - only what was refused has no key
    answer = answers[item.key]
    if item.request_hash != first[item.key].request_hash:
        return KeyReused(_REUSED_IN_BATCH)
    if item.key in answered_keys and isinstance(answer, Receipt):
        return Replayed(_CREATED, answer.model_dump_json())
    return answer


def _result(item: Item[Form], answer: Outcome | Replayed, language: Language) -> BatchResult:
    if isinstance(answer, Problem):
        return BatchResult.refused(item.sent_key, answer, language)
    if isinstance(answer, Replayed):
        earlier = orjson.loads(answer.body)
        return BatchResult(
            idempotency_key=item.sent_key,
            status="duplicate",
            id=UUID(earlier["id"]),
            version=earlier["version"],
            problem=None,
            warnings=earlier.get("warnings", ()),
        )
    return BatchResult(
        idempotency_key=item.sent_key,
        status="accepted",
        id=answer.id,
        version=answer.version,
        problem=None,
        warnings=answer.warnings,
    )


def _route_of(request: Request, resources: Resources) -> str:
    return f"{request.method} {request.url.path.removeprefix(resources.settings.root_path)}"
