"""HTTP of areas."""

from typing import Annotated

from fastapi import APIRouter, Query, Response

from ilp_registry.areas import service
from ilp_registry.areas.schemas import Area, AreaDetail, AreaInput, AreaQuery, AreaReceipt
from ilp_registry.reading import reading
from ilp_shared.auth.permissions import EVERYBODY, OFFICE, Permission
from ilp_shared.auth.principal import Principal
from ilp_shared.http.guard import can
from ilp_shared.http.openapi import problem_responses
from ilp_shared.http.paging import Page
from ilp_shared.http.resources import ServiceResources
from ilp_shared.http.submissions import Command, command
from ilp_shared.scalars import AreaCode

AREAS_READ = Permission("areas:read", EVERYBODY)
AREAS_WRITE = Permission("areas:write", OFFICE)

router = APIRouter(prefix="/v1/areas", tags=["wilayah"])


@router.get("", summary="Daftar wilayah", responses=problem_responses())
async def list_areas(
    reader: Annotated[Principal, can(AREAS_READ)], resources: ServiceResources, query: Annotated[AreaQuery, Query()]
) -> Page[Area]:
    """Daftar wilayah menurut kode, atau yang paling cocok dengan `q` lebih dahulu.

    Areas by code, or best match of `q` first.
    """
    async with reading(resources, reader) as conn:
        return await service.list_areas(conn, query)


@router.get("/{code}", summary="Satu wilayah", responses=problem_responses(404))
async def read_area(
    reader: Annotated[Principal, can(AREAS_READ)], resources: ServiceResources, code: AreaCode
) -> AreaDetail:
    """Satu wilayah dengan silsilah, jumlah anak, dan nama lainnya.

    One area with its lineage, number of children, and other names.
    """
    async with reading(resources, reader) as conn:
        return await service.read_area(conn, code)


@router.post(
    "",
    summary="Tambah dusun, RW, atau RT",
    status_code=201,
    response_model=AreaReceipt,
    responses=problem_responses(404, 409),
)
async def add_area(cmd: Annotated[Command, command(AREAS_WRITE)], form: AreaInput) -> Response:
    """Menambah dusun, lingkungan, RW, atau RT di bawah desa/kelurahan.

    Adds a dusun, lingkungan, RW or RT below a village.
    """
    receipt = await service.add_area(cmd, form)
    return await cmd.answer(201, receipt, location=f"/v1/areas/{receipt.code}")
