"""GET /v1/screenings by person, facility, open day or id, and their history; POST corrections and void."""

from typing import Annotated, Final

from fastapi import APIRouter, Query, Response

from ilp_screening.deps import PackLibrary
from ilp_screening.screenings import service
from ilp_screening.screenings.schemas import CorrectionInput, Screening, ScreeningQuery, ScreeningVersion, VoidInput
from ilp_shared.auth.permissions import CLINIC, FIELD, Permission, Role
from ilp_shared.auth.principal import Principal
from ilp_shared.http.guard import can
from ilp_shared.http.openapi import problem_responses
from ilp_shared.http.paging import Page
from ilp_shared.http.resources import ServiceResources
from ilp_shared.http.submissions import Command, command
from ilp_shared.scalars import RecordId

SCREENINGS_READ: Final = Permission("screenings:read", FIELD | CLINIC | {Role.INTEGRATOR}, personal=True)
SCREENINGS_WRITE: Final = Permission("screenings:write", FIELD | {Role.INTEGRATOR}, personal=True)

router = APIRouter(prefix="/v1/screenings", tags=["skrining"])


@router.get("", summary="Daftar skrining", responses=problem_responses())
async def screenings(
    reader: Annotated[Principal, can(SCREENINGS_READ)],
    resources: ServiceResources,
    query: Annotated[ScreeningQuery, Query()],
) -> Page[Screening]:
    """Daftar skrining menurut orang, fasilitas, atau hari buka; terbaru lebih dulu. Pembacaan dicatat.

    List screenings by person, facility or open day, newest first. Reads are audited.
    """
    return await service.page(resources, reader, query)


@router.get("/{screening_id}", summary="Satu skrining", responses=problem_responses(404))
async def screening(
    reader: Annotated[Principal, can(SCREENINGS_READ)], resources: ServiceResources, screening_id: RecordId
) -> Screening:
    """Keadaan terkini satu skrining. Pembacaan dicatat.

    Return the current state of one screening. The read is audited.
    """
    return await service.one(resources, reader, screening_id)


@router.get("/{screening_id}/versions", summary="Riwayat satu skrining", responses=problem_responses(404))
async def history(
    reader: Annotated[Principal, can(SCREENINGS_READ)], resources: ServiceResources, screening_id: RecordId
) -> list[ScreeningVersion]:
    """Semua versi satu skrining, dari yang pertama, dengan alasan perubahannya. Pembacaan dicatat.

    Return every version of one screening with the reasons of its changes. The read is audited.
    """
    return await service.versions(resources, reader, screening_id)


@router.post(
    "/{screening_id}/corrections",
    status_code=201,
    response_model=Screening,
    responses=problem_responses(404, 409),
    summary="Perbaiki skrining",
)
async def correct(
    screening_id: RecordId,
    body: CorrectionInput,
    cmd: Annotated[Command, command(SCREENINGS_WRITE)],
    library: PackLibrary,
) -> Response:
    """Perbaiki isi skrining; versi lama tetap tersimpan.

    Correct a screening: a new version, judged again. `base_version` is the version the correction was made from.
    """
    return await cmd.answer(201, await service.correct(cmd, library, screening_id, body))


@router.post(
    "/{screening_id}/void",
    response_model=Screening,
    responses=problem_responses(404, 409),
    summary="Batalkan skrining",
)
async def void(screening_id: RecordId, body: VoidInput, cmd: Annotated[Command, command(SCREENINGS_WRITE)]) -> Response:
    """Batalkan skrining yang seharusnya tidak tercatat; sejak itu tidak dihitung di mana pun.

    Void a screening that never should have been recorded. It counts nowhere from then on; its history stays.
    """
    return await cmd.answer(200, await service.void(cmd, screening_id, body))
