"""GET /v1/packs: the policy packs and observation codes in force; public, because they are no stored data."""

from typing import Annotated, Final

from fastapi import APIRouter, Path

from ilp_screening.catalog import service
from ilp_screening.catalog.schemas import PackDetail, PackList
from ilp_screening.deps import PackLibrary
from ilp_shared.areas import NATION, local_day
from ilp_shared.auth.permissions import PUBLIC
from ilp_shared.http.guard import NO_TOKEN, absent, can
from ilp_shared.http.openapi import problem_responses
from ilp_shared.http.resources import ServiceResources
from ilp_shared.scalars import Written
from ilp_shared.text import Text

router = APIRouter(prefix="/v1/packs", tags=["paket aturan"])
_LISTED: Final = Text(
    "Sandi paket atau versi dari GET /v1/packs.",
    "A pack or a version as GET /v1/packs lists it.",
)
Name = Annotated[
    str,
    Written(r"^[a-z0-9_.-]{1,40}$", _LISTED),
    Path(description="Sandi atau versi dari daftar paket / as in the list of packs"),
]


@router.get(
    "",
    summary="Daftar paket aturan dan kode pengamatan",
    dependencies=[can(PUBLIC)],
    responses=problem_responses(),
    openapi_extra=NO_TOKEN,
)
async def list_packs(library: PackLibrary, resources: ServiceResources) -> PackList:
    """Daftar paket aturan yang berlaku, dengan sumbernya.

    List the packs in force with their sources, the versions that are not, and the observation codes they read.
    """
    return service.list_packs(library, local_day(resources.clock.now(), NATION))


@router.get(
    "/{code}/{version}",
    summary="Satu paket aturan",
    dependencies=[can(PUBLIC)],
    responses=problem_responses(404),
    openapi_extra=NO_TOKEN,
)
async def pack(library: PackLibrary, code: Name, version: Name) -> PackDetail:
    """Isi lengkap satu paket aturan.

    Return one policy pack in full: limits, labels, actions, sources.
    """
    detail = service.pack_detail(library, code, version)
    if detail is None:
        raise absent()
    return detail
