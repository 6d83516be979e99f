"""POST and GET /v1/open-days: open days of facilities."""

from typing import Annotated, Final

from fastapi import APIRouter, Body, Query, Response

from ilp_screening.open_days import service
from ilp_screening.open_days.schemas import CancelInput, OpenDay, OpenDayInput, OpenDayQuery
from ilp_shared.auth.permissions import CLINIC, EVERYBODY, FIELD, Permission, Role
from ilp_shared.auth.principal import Principal
from ilp_shared.http.guard import can
from ilp_shared.http.openapi import problem_responses
from ilp_shared.http.paging import Page
from ilp_shared.http.resources import ServiceResources
from ilp_shared.http.submissions import Command, command
from ilp_shared.scalars import RecordId

OPEN_DAYS_READ: Final = Permission("open_days:read", EVERYBODY - {Role.ANALYST})
OPEN_DAYS_WRITE: Final = Permission("open_days:write", FIELD | CLINIC | {Role.INTEGRATOR})

router = APIRouter(prefix="/v1/open-days", tags=["hari buka"])


@router.post(
    "", status_code=201, response_model=OpenDay, responses=problem_responses(404, 409), summary="Buat hari buka"
)
async def schedule(body: OpenDayInput, cmd: Annotated[Command, command(OPEN_DAYS_WRITE)]) -> Response:
    """Jadwalkan hari buka satu fasilitas (mis. hari posyandu).

    Schedule an open day of a facility, e.g. a posyandu day. One per facility and day.
    """
    return await cmd.answer(201, await service.schedule(cmd, body))


@router.post(
    "/{open_day_id}/cancel", response_model=OpenDay, responses=problem_responses(404, 409), summary="Batalkan hari buka"
)
async def cancel(
    open_day_id: RecordId,
    cmd: Annotated[Command, command(OPEN_DAYS_WRITE)],
    _body: Annotated[CancelInput | None, Body(examples=[CancelInput.EXAMPLE])] = None,
) -> Response:
    """Batalkan hari buka; skrining yang sudah tercatat tetap ada.

    Cancel an open day. Screenings recorded on it stay.
    """
    return await cmd.answer(200, await service.cancel(cmd, open_day_id))


@router.get("", summary="Daftar hari buka", responses=problem_responses())
async def open_days(
    reader: Annotated[Principal, can(OPEN_DAYS_READ)],
    resources: ServiceResources,
    query: Annotated[OpenDayQuery, Query()],
) -> Page[OpenDay]:
    """Daftar hari buka menurut wilayah (seluruh bawahannya), fasilitas, dan tanggal.

    List open days by area (whole subtree), facility and date (`from` to `to`, both included).
    """
    return await service.page(resources, reader, query)
