"""POST /v1/screenings and :batch: the hot path. The answer leaves after the commit it shares with others."""

import asyncio
from typing import cast

import orjson
from fastapi import APIRouter, Request, Response

from ilp_screening.deps import OpenResources, Recording
from ilp_screening.screenings.batch import read_item, result_of, settled
from ilp_screening.screenings.commands import RecordScreening
from ilp_screening.screenings.recorder import Recorder
from ilp_screening.screenings.schemas import BatchAnswer, BatchRequest, ScreeningAnswer, ScreeningRequest
from ilp_shared.http.bodies import read_json
from ilp_shared.http.submissions import Replayed, hash_of, key_of
from ilp_shared.http.refusals import problem_responses
from ilp_shared.ids import new_id
from ilp_shared.text import preferred_language

router = APIRouter(prefix="/v1", tags=["skrining"])
_BATCH_PATIENCE = 0.9
"""Share of the request's deadline that a batch may wait before its items, each by itself, are called uncertain."""


@router.post(
    "/screenings",
    status_code=201,
    response_model=ScreeningAnswer,
    responses=problem_responses(404, 409),
    summary="Catat satu skrining",
)
async def record(request: Request, principal: Recording, body: ScreeningRequest, resources: OpenResources) -> Response:
    """Catat satu skrining dan terima hasil penilaiannya. Sertakan Idempotency-Key.

    Record one screening and get it judged. Send an Idempotency-Key.
    """
    command = RecordScreening(
        principal,
        key_of(request),
        hash_of(await _json_of(request)),
        body.id or new_id(),
        body,
        resources.clock.now(),
        request.scope["ilp_traceparent"],
    )
    outcome = await resources.part(Recorder).record(command, deadline_s=resources.settings.command_deadline_s)
    if outcome.replayed:
        raise Replayed(outcome.status, outcome.body)
    location = f"{resources.settings.root_path}/v1/screenings/{command.screening_id}"
    return Response(outcome.body, outcome.status, {"Location": location}, "application/json")


@router.post(
    "/screenings:batch",
    response_model=BatchAnswer,
    responses=problem_responses(),
    summary="Catat sampai 500 skrining sekaligus",
)
async def record_batch(
    request: Request, principal: Recording, _body: BatchRequest, resources: OpenResources
) -> Response:
    """Catat sampai 500 skrining; tiap butir membawa `idempotency_key` dan mendapat hasilnya sendiri, berurutan.

    Record up to 500 screenings. Each item is as for a single one plus `idempotency_key`, and gets its own result in
    order: accepted, duplicate (recorded before under this key), rejected, or conflict.
    """
    items = (await _json_of(request))["items"]
    now, traceparent = resources.clock.now(), request.scope["ilp_traceparent"]
    commands = [read_item(item, principal, now, traceparent) for item in items]
    recorder = resources.part(Recorder)
    deadline_s = resources.settings.request_deadline_s * _BATCH_PATIENCE
    became = await asyncio.gather(*(settled(recorder, command, deadline_s) for command in commands))
    language = preferred_language(request.headers.get("accept-language"))
    results = [
        result_of(item, outcome, language, request.scope["ilp_trace"])
        for item, outcome in zip(items, became, strict=True)
    ]
    return Response(orjson.dumps({"results": results}), media_type="application/json")


async def _json_of(request: Request) -> dict[str, list[dict[str, object]]]:
    """Return the body as sent (FastAPI has checked its shape), for its hash."""
    return cast(dict[str, list[dict[str, object]]], read_json(await request.body()))
