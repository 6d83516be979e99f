"""Routes of the situation: JSON snapshot and CSV."""

from typing import Annotated

from fastapi import APIRouter, Query, Response

from ilp_monitoring.deps import AreaPath, Snapshot, current_period
from ilp_monitoring.indicators.router import SITUATION_READ
from ilp_monitoring.situations.csv import SITUATION_HEADER, csv_response, situation_rows
from ilp_monitoring.situations.kept import KeptSituations
from ilp_monitoring.situations.schemas import Situation, SituationFileQuery, SituationQuery
from ilp_monitoring.situations.service import read_situation
from ilp_shared.auth.principal import Principal
from ilp_shared.http.guard import can, require_area
from ilp_shared.http.openapi import problem_responses
from ilp_shared.http.resources import ServiceResources

router = APIRouter(prefix="/v1/situations", tags=["situasi"])


@router.get("/{area}", summary="Situasi wilayah", response_model=Situation, responses=problem_responses(404, 422))
async def read_one(
    resources: ServiceResources,
    reader: Annotated[Principal, can(SITUATION_READ)],
    area: AreaPath,
    query: Annotated[SituationQuery, Query()],
) -> Response:
    """Tampilkan situasi satu wilayah dan wilayah di bawahnya: angka, penyebut, kelengkapan, per kapan.

    Di atas kabupaten/kota juga kabupaten/kota yang ikut, selama kurang dari separuh.

    Show the situation of an area and the areas below it: numbers, denominators, completeness, as-of. Above a regency
    also the regencies that take part, while they are fewer than half.
    """
    require_area(reader, area)
    key = query.key(area, current_period(resources.clock, area))
    return Response(await resources.part(KeptSituations).read(key), media_type="application/json")


@router.get(
    "/{area}/csv",
    summary="Situasi wilayah (CSV)",
    response_class=Response,
    responses={**problem_responses(404, 422), 200: {"content": {"text/csv": {}}}},
)
async def read_csv(
    resources: ServiceResources, snapshot: Snapshot, area: AreaPath, query: Annotated[SituationFileQuery, Query()]
) -> Response:
    """Unduh situasi sebagai CSV, untuk program atau (`format=excel`) untuk lembar kerja.

    Download the situation as CSV, for programs or (`format=excel`) for spreadsheets.
    """
    require_area(snapshot.principal, area)
    key = query.key(area, current_period(resources.clock, area))
    situation = await read_situation(snapshot.session, key)
    return csv_response(f"situasi-{area}-{key.period}", SITUATION_HEADER, situation_rows(situation), query.format)
