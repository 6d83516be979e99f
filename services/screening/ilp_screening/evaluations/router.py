"""POST /v1/evaluations: a what-if run for anonymous callers; nothing is stored or logged."""

from fastapi import APIRouter

from ilp_screening.deps import PackLibrary
from ilp_screening.evaluations import service
from ilp_screening.evaluations.schemas import EvaluationInput
from ilp_screening.rules.models import Evaluation
from ilp_shared.auth.permissions import PUBLIC
from ilp_shared.http.guard import NO_TOKEN, can
from ilp_shared.http.openapi import problem_responses
from ilp_shared.http.resources import ServiceResources

router = APIRouter(prefix="/v1/evaluations", tags=["penilaian"])


@router.post(
    "",
    summary="Nilai hasil pengukuran tanpa menyimpan",
    dependencies=[can(PUBLIC)],
    responses=problem_responses(),
    openapi_extra=NO_TOKEN,
)
async def evaluate_observations(body: EvaluationInput, library: PackLibrary, resources: ServiceResources) -> Evaluation:
    """Nilai hasil pengukuran dengan aturan yang berlaku; tidak ada yang disimpan.

    Judge observations by the packs in force. Stores nothing.
    """
    return service.judge(library, body, resources.clock.now())
