"""`GET /v1/indicators`: what every number means."""

from fastapi import APIRouter, Depends

from ilp_monitoring.indicators.loader import definitions
from ilp_monitoring.indicators.schemas import Definitions
from ilp_shared.http.guard import require
from ilp_shared.auth.permissions import Permission
from ilp_shared.http.refusals import problem_responses

router = APIRouter(tags=["indikator"])


@router.get(
    "/v1/indicators",
    summary="Definisi indikator",
    dependencies=[Depends(require(Permission.SITUATION_READ))],
    responses=problem_responses(),
)
async def read_indicators() -> Definitions:
    """Tampilkan definisi semua indikator: pembilang, penyebut, sumber, target, kelas peta.

    Show the definitions of all indicators: numerator, denominator, source, target, map classes.
    """
    return definitions()
