"""POST and GET /v1/open-days: open days of facilities."""

from datetime import date
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response

from ilp_screening.deps import AreaQuery, Limit, OpenResources, ReadingOpenDays, Scheduling
from ilp_screening.open_days import service
from ilp_screening.open_days.repository import Wanted
from ilp_screening.open_days.schemas import OpenDayAnswer, OpenDayRequest
from ilp_shared.http.paging import Page
from ilp_shared.http.refusals import problem_responses

router = APIRouter(prefix="/v1/open-days", tags=["hari buka"])


@router.post(
    "", status_code=201, response_model=OpenDayAnswer, responses=problem_responses(404, 409), summary="Buat hari buka"
)
async def schedule(request: Request, body: OpenDayRequest, cmd: Scheduling) -> Response:
    """Jadwalkan hari buka satu fasilitas (mis. hari posyandu).

    Schedule an open day of a facility, e.g. a posyandu day. One per facility and day.
    """
    return cmd.answer(201, await service.schedule(cmd, body, request.scope["ilp_traceparent"]))


@router.post(
    "/{open_day_id}/cancel",
    response_model=OpenDayAnswer,
    responses=problem_responses(404, 409),
    summary="Batalkan hari buka",
)
async def cancel(request: Request, open_day_id: UUID, cmd: Scheduling) -> Response:
    """Batalkan hari buka; skrining yang sudah tercatat tetap ada.

    Cancel an open day. Screenings recorded on it stay.
    """
    return cmd.answer(200, await service.cancel(cmd, open_day_id, request.scope["ilp_traceparent"]))


@router.get("", summary="Daftar hari buka", responses=problem_responses())
async def open_days(
    principal: ReadingOpenDays,
    resources: OpenResources,
    area: AreaQuery = None,
    facility: UUID | None = None,
    first: Annotated[date | None, Query(alias="from")] = None,
    last: Annotated[date | None, Query(alias="to")] = None,
    cursor: Annotated[str | None, Query(max_length=400)] = None,
    limit: Limit = 100,
    count: Literal["exact"] | None = None,
) -> Page[OpenDayAnswer]:
    """Daftar hari buka menurut wilayah (seluruh bawahannya), fasilitas, dan tanggal.

    List open days by area (whole subtree), facility and date (`from` to `to`, both included).
    """
    wanted = Wanted(principal.areas, area, facility, first, last)
    return await service.page(resources, principal, wanted, cursor=cursor, limit=limit, exact=count == "exact")
