"""`GET /v1/indicators`: the definition of every number."""

from typing import Final

from fastapi import APIRouter

from ilp_monitoring.indicators.loader import definitions
from ilp_monitoring.indicators.schemas import Definitions
from ilp_shared.auth.permissions import EVERYBODY, Permission
from ilp_shared.http.guard import can
from ilp_shared.http.openapi import problem_responses

SITUATION_READ: Final = Permission("situation:read", EVERYBODY)
"""For every route and page that shows numbers."""

router = APIRouter(tags=["indikator"])


@router.get(
    "/v1/indicators",
    summary="Definisi indikator",
    dependencies=[can(SITUATION_READ)],
    responses=problem_responses(),
)
async def read_indicators() -> Definitions:
    """Tampilkan definisi semua indikator: pembilang, penyebut, sumber, target, kelas peta.

    Show the definitions of all indicators: numerator, denominator, source, target, map classes.
    """
    return definitions()
