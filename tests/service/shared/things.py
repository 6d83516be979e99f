"""The smallest service there can be: things that are stored one by one or many at once, and raise an event."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Annotated, Any
from uuid import UUID

import httpx2
from fastapi import APIRouter, Body, Request, Response
from pydantic import Field

from ilp_shared.auth import development
from ilp_shared.auth.permissions import EVERYBODY, Permission
from ilp_shared.auth.principal import Principal
from ilp_shared.bus.contract.envelope import Aggregate
from ilp_shared.events.monitoring.v1 import SituationChanged
from ilp_shared.http.app import create_app
from ilp_shared.http.batches import BatchAnswer, BatchResult, items_schema
from ilp_shared.http.guard import can
from ilp_shared.http.submissions import Command, Outcome, Receipt, command, submit_batch
from ilp_shared.models import Input
from ilp_shared.problems import AlreadyStored, Conflict, InvalidInput
from ilp_shared.settings import ServiceSettings
from ilp_shared.text import Text
from ilp_shared.write.uow import UnitOfWork
from tests.support.api import UNLIMITED, Issuer

NOW = datetime(2026, 11, 22, tzinfo=UTC)
DATA = SituationChanged(area_code="13.76", as_of=NOW, sequence=1)
THINGS_WRITE = Permission("things:write", EVERYBODY)
_NO = Text("Tidak.", "No.")
router = APIRouter()


class ThingInput(Input):
    """A thing; `refuse` says how it is to be refused."""

    id: UUID
    weight: Annotated[int, Field(ge=1)] = 1
    refuse: str | None = None


def aggregate(thing: UUID) -> Aggregate:
    """Return a new thing in one village."""
    return Aggregate(thing, 1, "13.76.01.1002")


@router.post("/v1/things")
async def store(thing: ThingInput, cmd: Annotated[Command, command(THINGS_WRITE)]) -> Response:
    """Store one thing, after other requests had their turn."""
    await asyncio.sleep(0)
    (outcome,) = await store_all(cmd.uow, [thing])
    if not isinstance(outcome, Receipt):
        raise outcome
    return await cmd.answer(201, outcome, location=f"/v1/things/{thing.id}")


@router.post("/v1/things:batch")
async def batch(
    request: Request,
    writer: Annotated[Principal, can(THINGS_WRITE)],
    items: Annotated[list[dict[str, Any]], Body(embed=True, json_schema_extra=items_schema(ThingInput))],
) -> BatchAnswer[BatchResult]:
    """Store many things."""
    return await submit_batch(request, writer, items, ThingInput, store_all)


async def store_all(uow: UnitOfWork, things: Sequence[ThingInput]) -> Sequence[Outcome]:
    """Raise an event for each thing that is not refused."""
    outcomes: list[Outcome] = []
    for thing in things:
        match thing.refuse:
            case "stored":
                outcomes.append(AlreadyStored(_NO, thing.id))
            case "busy":
                outcomes.append(Conflict(_NO, retry_after_s=1))
            case "invalid":
                outcomes.append(InvalidInput.at("/weight", "odd", _NO))
            case _:
                uow.emit(DATA, of=aggregate(thing.id), occurred_at=NOW)
                outcomes.append(Receipt(id=thing.id, version=1))
    return outcomes


@asynccontextmanager
async def running_things(postgres_url: str, schema: str, issuer: Issuer) -> AsyncIterator[httpx2.AsyncClient]:
    """Yield a client of the service."""
    settings = ServiceSettings.model_validate(
        {
            "profile": "development",
            "database_url": postgres_url,
            "kafka_bootstrap": "127.0.0.1:1",
            "oidc_issuer": development.ISSUER,
            "oidc_jwks": str(issuer.folder / "jwks.json"),
            "limits": UNLIMITED,
        }
    )
    words = Text("Benda", "Things")
    app = create_app(
        settings,
        name="things",
        schema=schema,
        package="ilp_screening",
        summary=words,
        tags={"things": words},
        routers=[router],
    )
    async with app.router.lifespan_context(app):
        transport = httpx2.ASGITransport(app=app, raise_app_exceptions=False)
        async with httpx2.AsyncClient(transport=transport, base_url="http://test") as client:
            yield client
