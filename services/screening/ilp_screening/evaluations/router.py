"""POST /v1/evaluations: a what-if run anybody may ask for; nothing is stored or logged."""

from fastapi import APIRouter

from ilp_screening.deps import Anybody, PacksInForce
from ilp_screening.evaluations.service import judge
from ilp_screening.rules.models import Evaluation, EvaluationRequest
from ilp_shared.http.guard import NO_TOKEN
from ilp_shared.http.refusals import problem_responses

router = APIRouter(prefix="/v1/evaluations", tags=["penilaian"])


@router.post(
    "", summary="Nilai hasil pengukuran tanpa menyimpan", responses=problem_responses(), openapi_extra=NO_TOKEN
)
async def evaluate_observations(_anybody: Anybody, body: EvaluationRequest, packs: PacksInForce) -> Evaluation:
    """Nilai hasil pengukuran dengan aturan yang berlaku; tidak ada yang disimpan.

    Judge observations by the packs in force. Stores nothing.
    """
    return judge(packs, body.subject, body.occurred_on, body.observations)
