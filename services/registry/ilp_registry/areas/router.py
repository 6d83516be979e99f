"""HTTP of areas."""

from functools import partial
from typing import Annotated

from fastapi import APIRouter, Path, Query, Request, Response

from ilp_registry.areas import service
from ilp_registry.areas.schemas import AreaDetail, AreaIn, AreaOut, AreaQuery, AreaReceipt
from ilp_registry.deps import AreasReader, AreasWriter, reading
from ilp_registry.inputs import AREA_PATTERN
from ilp_registry.submissions.service import submit_one
from ilp_shared.http.paging import Page
from ilp_shared.http.refusals import problem_responses
from ilp_shared.http.resources import resources_of

router = APIRouter(prefix="/v1/areas", tags=["wilayah"])


@router.get("", summary="Daftar wilayah", responses=problem_responses())
async def list_areas(request: Request, who: AreasReader, query: Annotated[AreaQuery, Query()]) -> Page[AreaOut]:
    """Daftar wilayah menurut kode, atau yang paling cocok dengan `q` lebih dahulu.

    Areas by code, or best match of `q` first.
    """
    async with reading(resources_of(request), who) as conn:
        return await service.find_areas(conn, query)


@router.get("/{code}", summary="Satu wilayah", responses=problem_responses(404))
async def read_area(
    request: Request, who: AreasReader, code: Annotated[str, Path(pattern=AREA_PATTERN, max_length=100)]
) -> AreaDetail:
    """Satu wilayah dengan silsilah, jumlah anak, dan nama lainnya.

    One area with its lineage, number of children, and other names.
    """
    async with reading(resources_of(request), who) as conn:
        return await service.read_area(conn, code)


@router.post(
    "",
    summary="Tambah dusun, RW, atau RT",
    status_code=201,
    response_model=AreaReceipt,
    responses=problem_responses(404, 409),
)
async def add_area(request: Request, who: AreasWriter, draft: AreaIn) -> Response:
    """Menambah dusun, lingkungan, RW, atau RT di bawah desa/kelurahan.

    Adds a dusun, lingkungan, RW or RT below a village.
    """
    store = partial(service.add_areas, who, resources_of(request).clock)
    return await submit_one(request, who, "POST /v1/areas", draft, store)
