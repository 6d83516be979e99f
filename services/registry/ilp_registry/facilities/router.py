"""HTTP of facilities."""

from functools import partial
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from ilp_registry.facilities import service
from ilp_registry.facilities.schemas import (
    Facility,
    FacilityBatchInput,
    FacilityDetail,
    FacilityInput,
    FacilityQuery,
    FacilityReceipt,
)
from ilp_registry.outcomes import receipt_of
from ilp_registry.reading import reading
from ilp_shared.auth.permissions import EVERYBODY, OFFICE, Permission, Role
from ilp_shared.auth.principal import Principal
from ilp_shared.http.batches import BatchAnswer, BatchResult
from ilp_shared.http.guard import can
from ilp_shared.http.openapi import problem_responses
from ilp_shared.http.paging import Page
from ilp_shared.http.resources import ServiceResources
from ilp_shared.http.submissions import Command, command, submit_batch
from ilp_shared.scalars import RecordId

FACILITIES_READ = Permission("facilities:read", EVERYBODY)
FACILITIES_WRITE = Permission("facilities:write", OFFICE | {Role.INTEGRATOR})

router = APIRouter(prefix="/v1/facilities", tags=["faskes"])


@router.get("", summary="Daftar faskes", responses=problem_responses())
async def list_facilities(
    reader: Annotated[Principal, can(FACILITIES_READ)],
    resources: ServiceResources,
    query: Annotated[FacilityQuery, Query()],
) -> Page[Facility]:
    """Daftar puskesmas, pustu, dan posyandu suatu wilayah beserta semua wilayah di bawahnya.

    Puskesmas, pustu and posyandu of an area and everything below it.
    """
    async with reading(resources, reader) as conn:
        return await service.list_facilities(conn, query)


@router.get("/{facility_id}", summary="Satu faskes", responses=problem_responses(404))
async def read_facility(
    reader: Annotated[Principal, can(FACILITIES_READ)], resources: ServiceResources, facility_id: RecordId
) -> FacilityDetail:
    """Satu faskes dengan jejaring dan wilayah kerjanya.

    One facility with its network and catchment.
    """
    async with reading(resources, reader) as conn:
        return await service.read_facility(conn, facility_id)


@router.post(
    "",
    summary="Daftarkan faskes",
    status_code=201,
    response_model=FacilityReceipt,
    responses=problem_responses(404, 409),
)
async def register_facility(cmd: Annotated[Command, command(FACILITIES_WRITE)], form: FacilityInput) -> Response:
    """Mendaftarkan satu faskes.

    Registers one facility.
    """
    receipt = receipt_of(await service.register_facilities(cmd.principal, cmd.now, cmd.uow, [form]))
    return await cmd.answer(201, receipt, location=f"/v1/facilities/{receipt.id}")


@router.post(":batch", summary="Daftarkan banyak faskes", responses=problem_responses())
async def register_facility_batch(
    request: Request,
    sender: Annotated[Principal, can(FACILITIES_WRITE)],
    resources: ServiceResources,
    batch: FacilityBatchInput,
) -> BatchAnswer[BatchResult]:
    """Mendaftarkan sampai 500 faskes; setiap butir dinilai sendiri.

    Registers up to 500 facilities; each item is judged by itself.
    """
    store = partial(service.register_facilities, sender, resources.clock.now())
    return await submit_batch(request, sender, batch.items, FacilityInput, store)
