"""Shows the policy packs and observation codes in force; public, because it holds no stored data."""

from typing import Annotated

from fastapi import APIRouter, Path

from ilp_screening.deps import Anybody, PacksInForce
from ilp_screening.packs.catalogue import PackDetail, PackList, list_packs, pack_detail
from ilp_shared.http.guard import NO_TOKEN, absent
from ilp_shared.http.refusals import problem_responses

router = APIRouter(prefix="/v1/packs", tags=["paket aturan"])
Name = Annotated[str, Path(pattern=r"^[a-z0-9_.-]{1,40}$")]


@router.get(
    "", summary="Daftar paket aturan dan kode pengamatan", responses=problem_responses(), openapi_extra=NO_TOKEN
)
async def packs_in_force(_anybody: Anybody, packs: PacksInForce) -> PackList:
    """Daftar paket aturan yang berlaku, dengan sumbernya.

    List the policy packs in force with their sources, and the observation codes they read.
    """
    return list_packs(packs)


@router.get("/{code}/{version}", summary="Satu paket aturan", responses=problem_responses(404), openapi_extra=NO_TOKEN)
async def pack(_anybody: Anybody, packs: PacksInForce, code: Name, version: Name) -> PackDetail:
    """Isi lengkap satu paket aturan.

    Return one policy pack in full: limits, labels, actions, sources.
    """
    found = pack_detail(packs, code, version)
    if found is None:
        raise absent()
    return found
