"""HTTP of facilities."""

from functools import partial
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response

from ilp_registry.deps import FacilitiesReader, FacilitiesWriter, reading
from ilp_registry.facilities import service
from ilp_registry.facilities.schemas import (
    FacilityBatch,
    FacilityDetail,
    FacilityIn,
    FacilityOut,
    FacilityQuery,
    FacilityReceipt,
)
from ilp_registry.submissions.schemas import BatchAnswer
from ilp_registry.submissions.service import submit_batch, submit_one
from ilp_shared.http.paging import Page
from ilp_shared.http.refusals import problem_responses
from ilp_shared.http.resources import resources_of

router = APIRouter(prefix="/v1/facilities", tags=["faskes"])
_ROUTE = "POST /v1/facilities"


@router.get("", summary="Daftar faskes", responses=problem_responses())
async def list_facilities(
    request: Request, who: FacilitiesReader, query: Annotated[FacilityQuery, Query()]
) -> Page[FacilityOut]:
    """Daftar puskesmas, pustu, dan posyandu suatu wilayah beserta semua wilayah di bawahnya.

    Puskesmas, pustu and posyandu of an area and everything below it.
    """
    async with reading(resources_of(request), who) as conn:
        return await service.find_facilities(conn, query)


@router.get("/{facility_id}", summary="Satu faskes", responses=problem_responses(404))
async def read_facility(request: Request, who: FacilitiesReader, facility_id: UUID) -> FacilityDetail:
    """Satu faskes dengan jejaring dan wilayah kerjanya.

    One facility with its network and catchment.
    """
    async with reading(resources_of(request), who) as conn:
        return await service.read_facility(conn, facility_id)


@router.post(
    "",
    summary="Daftarkan faskes",
    status_code=201,
    response_model=FacilityReceipt,
    responses=problem_responses(404, 409),
)
async def register_facility(request: Request, who: FacilitiesWriter, draft: FacilityIn) -> Response:
    """Mendaftarkan satu faskes.

    Registers one facility.
    """
    store = partial(service.register_facilities, who, resources_of(request).clock)
    return await submit_one(request, who, _ROUTE, draft, store)


@router.post(":batch", summary="Daftarkan banyak faskes", responses=problem_responses())
async def register_many(request: Request, who: FacilitiesWriter, batch: FacilityBatch) -> BatchAnswer:
    """Mendaftarkan sampai 500 faskes; setiap butir dinilai sendiri.

    Registers up to 500 facilities; each item is judged by itself.
    """
    store = partial(service.register_facilities, who, resources_of(request).clock)
    return await submit_batch(request, who, _ROUTE, batch.items, FacilityIn, store)
