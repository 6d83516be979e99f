"""POST /v1/screenings and :batch: the hot path. The answer leaves after the commit it shares with others."""

import asyncio
from typing import Annotated, Final, cast

from fastapi import APIRouter, Request, Response

from ilp_screening.recording.batch import command_of, record_item, result_of
from ilp_screening.recording.recorder import Recorder, RecordScreening
from ilp_screening.recording.schemas import ScreeningBatchInput, ScreeningBatchResult, ScreeningInput
from ilp_screening.screenings.router import SCREENINGS_WRITE
from ilp_screening.screenings.schemas import Screening
from ilp_screening.settings import oldest_entry
from ilp_shared.auth.principal import Principal
from ilp_shared.http.accesses import record_refusals, refused_of
from ilp_shared.http.batches import BatchAnswer
from ilp_shared.http.bodies import read_json
from ilp_shared.http.guard import can
from ilp_shared.http.openapi import problem_responses
from ilp_shared.http.resources import ServiceResources
from ilp_shared.http.submissions import key_of, read_item
from ilp_shared.ids import new_id
from ilp_shared.text import preferred_language
from ilp_shared.write.keys import Replayed

router = APIRouter(prefix="/v1", tags=["skrining"])
_CREATED: Final = 201
_BATCH_PATIENCE: Final = 0.9
"""Share of the request's deadline that a batch may wait before its items, each by itself, are called uncertain."""


@router.post(
    "/screenings",
    status_code=_CREATED,
    response_model=Screening,
    responses=problem_responses(404, 409),
    summary="Catat satu skrining",
)
async def record(
    request: Request,
    principal: Annotated[Principal, can(SCREENINGS_WRITE)],
    body: ScreeningInput,
    resources: ServiceResources,
) -> Response:
    """Catat satu skrining dan terima hasil penilaiannya. Sertakan Idempotency-Key.

    Record one screening and get it judged. Send an Idempotency-Key.
    """
    key, request_hash = key_of(request), resources.hash_of(read_json(await request.body()))
    screening_id, oldest = body.id or new_id(), oldest_entry(resources.settings)
    command = RecordScreening(principal, key, request_hash, screening_id, body, resources.clock.now(), oldest)
    recorded = await resources.part(Recorder).record(command, deadline_s=resources.settings.command_deadline_s)
    if recorded.replayed:
        raise Replayed(_CREATED, recorded.body)
    location = f"{resources.settings.root_path}/v1/screenings/{command.screening_id}"
    return Response(recorded.body, _CREATED, {"Location": location}, "application/json")


@router.post(
    "/screenings:batch",
    response_model=BatchAnswer[ScreeningBatchResult],
    responses=problem_responses(),
    summary="Catat sampai 500 skrining sekaligus",
)
async def record_batch(
    request: Request,
    principal: Annotated[Principal, can(SCREENINGS_WRITE)],
    _body: ScreeningBatchInput,
    resources: ServiceResources,
) -> Response:
    """Catat sampai 500 skrining; tiap butir membawa `idempotency_key` dan mendapat hasilnya sendiri, berurutan.

    Record up to 500 screenings. Each item is as for a single one plus `idempotency_key`, and gets its own result in
    order: accepted, duplicate (recorded before under this key), rejected, or conflict.
    """
    sent = await _items_as_sent(request)
    resources.rates.take("batch_rows", principal.subject, len(sent))
    items = [read_item(item, ScreeningInput, resources) for item in sent]
    received_at, recorder, oldest = resources.clock.now(), resources.part(Recorder), oldest_entry(resources.settings)
    commands = [command_of(item, principal, received_at, oldest) for item in items]
    deadline_s = resources.settings.request_deadline_s * _BATCH_PATIENCE
    outcomes = await asyncio.gather(*(record_item(recorder, command, deadline_s) for command in commands))
    await record_refusals(request, refused_of(outcomes))
    language = preferred_language(request.headers.get("accept-language"))
    results = [
        result_of(item, outcome, language, request.scope["ilp_trace"])
        for item, outcome in zip(items, outcomes, strict=True)
    ]
    answer = BatchAnswer[ScreeningBatchResult](results=results)
    return Response(answer.model_dump_json(), media_type="application/json")


async def _items_as_sent(request: Request) -> list[dict[str, object]]:
    """Return the items of a batch whose shape FastAPI has checked, as they were sent, for their hashes."""
    body = cast(dict[str, list[dict[str, object]]], read_json(await request.body()))
    return body["items"]
