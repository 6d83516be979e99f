"""POST /v1/screenings/{id}/corrections and /void: new versions of what was recorded."""

from uuid import UUID

from fastapi import APIRouter, Request, Response

from ilp_screening.deps import Amending, PacksInForce
from ilp_screening.screenings import amending
from ilp_screening.screenings.schemas import CorrectionRequest, ScreeningAnswer, VoidRequest
from ilp_shared.http.refusals import problem_responses

router = APIRouter(prefix="/v1/screenings/{screening_id}", tags=["skrining"])


@router.post(
    "/corrections",
    status_code=201,
    response_model=ScreeningAnswer,
    responses=problem_responses(404, 409),
    summary="Perbaiki skrining",
)
async def correct(
    request: Request, screening_id: UUID, body: CorrectionRequest, cmd: Amending, packs: PacksInForce
) -> Response:
    """Perbaiki isi skrining; versi lama tetap tersimpan.

    Correct a screening: a new version, judged again. `base_version` is the version the correction was made from.
    """
    answer = await amending.correct(cmd, packs, screening_id, body, request.scope["ilp_traceparent"])
    return cmd.answer(201, answer)


@router.post(
    "/void", response_model=ScreeningAnswer, responses=problem_responses(404, 409), summary="Batalkan skrining"
)
async def void(request: Request, screening_id: UUID, body: VoidRequest, cmd: Amending) -> Response:
    """Batalkan skrining yang seharusnya tidak tercatat; sejak itu tidak dihitung di mana pun.

    Void a screening that never should have been recorded. It counts nowhere from then on; its history stays.
    """
    return cmd.answer(200, await amending.void(cmd, screening_id, body, request.scope["ilp_traceparent"]))
