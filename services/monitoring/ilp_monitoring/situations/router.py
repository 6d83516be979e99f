"""Routes of the situation: JSON snapshot and CSV."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response

from ilp_monitoring.deps import AreaPath, Below, Denominator, Period, Reader, Snapshot, current_period
from ilp_monitoring.situations.csv import SITUATION_HEADER, csv_response, situation_rows
from ilp_monitoring.situations.kept import KeptSituations, Subject
from ilp_monitoring.situations.schemas import Situation
from ilp_monitoring.situations.service import read_situation
from ilp_shared.http.guard import require_area
from ilp_shared.http.refusals import problem_responses
from ilp_shared.http.resources import resources_of

router = APIRouter(prefix="/v1/situations", tags=["situasi"])


async def _read(
    request: Request,
    snapshot: Snapshot,
    area: AreaPath,
    period: Period = None,
    denominator: Denominator = "projected",
    below: Below = "children",
) -> Situation:
    require_area(snapshot.principal, area)
    month = period or current_period(resources_of(request).clock, area)
    return await read_situation(snapshot.session, area, month, denominator=denominator, below=below)


_Situation = Annotated[Situation, Depends(_read, scope="function")]


@router.get("/{area}", summary="Situasi wilayah", response_model=Situation, responses=problem_responses(404, 422))
async def read_one(
    request: Request,
    principal: Reader,
    area: AreaPath,
    period: Period = None,
    denominator: Denominator = "projected",
    below: Below = "children",
) -> Response:
    """Tampilkan situasi satu wilayah dan wilayah di bawahnya: angka, penyebut, kelengkapan, per kapan.

    Show the situation of an area and the areas below it: numbers, denominators, completeness, as-of.
    """
    require_area(principal, area)
    resources = resources_of(request)
    subject = Subject(area, period or current_period(resources.clock, area), denominator, below)
    return Response(await resources.part(KeptSituations).read(subject), media_type="application/json")


@router.get(
    "/{area}/csv",
    summary="Situasi wilayah (CSV)",
    response_class=Response,
    responses={**problem_responses(404, 422), 200: {"content": {"text/csv": {}}}},
)
async def read_csv(situation: _Situation) -> Response:
    """Unduh situasi sebagai CSV.

    Download the situation as CSV.
    """
    name = f"situasi-{situation.area.code}-{situation.period}"
    return csv_response(name, SITUATION_HEADER, situation_rows(situation))
