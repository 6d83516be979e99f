"""GET /v1/packs/bundle: rules, tables and engine for phones that judge without a connection; public, no stored data."""

from hashlib import sha256
from typing import Annotated, Final

from fastapi import APIRouter, Header, Path, Query, Request, Response

from ilp_screening.bundle.schemas import Bundle
from ilp_screening.bundle.service import Bundles
from ilp_screening.rules.case import Venue
from ilp_shared.areas import NATION, local_day
from ilp_shared.auth.permissions import PUBLIC
from ilp_shared.http.fixed_files import FOR_EVER
from ilp_shared.http.guard import NO_TOKEN, absent, can
from ilp_shared.http.openapi import problem_responses
from ilp_shared.http.resources import ServiceResources
from ilp_shared.scalars import AreaCode, Written
from ilp_shared.text import Text

router = APIRouter(prefix="/v1/packs/bundle", tags=["paket aturan"])
_NAMED: Final = Text("Alamat dari GET /v1/packs/bundle.", "An address that GET /v1/packs/bundle gives.")
_Folder = Annotated[
    str, Written(r"^[0-9a-f]{16}$", _NAMED), Path(description="Sidik isi berkas / hash of what the files hold")
]
_Name = Annotated[
    str, Written(r"^[a-z]{1,20}\.[a-z]{2,4}$", _NAMED), Path(description="Nama berkas / name of the file")
]
_IN: Final = Query(description="Wilayah faskes, bila memilih aturan sendiri / area of the facility, if it chose")
_AT: Final = Query(description="Tempat pemeriksaan / kind of place where it is judged")


@router.get(
    "",
    summary="Bundel aturan untuk menilai tanpa sambungan",
    dependencies=[can(PUBLIC)],
    response_model=Bundle,
    responses={**problem_responses(), 304: {"description": "Tidak berubah / not modified"}},
    openapi_extra=NO_TOKEN,
)
async def bundle(
    response: Response,
    resources: ServiceResources,
    venue: Annotated[Venue, _AT] = "posyandu",
    area: Annotated[AreaCode, _IN] = NATION,
    if_none_match: Annotated[str, Header(include_in_schema=False)] = "",
) -> Bundle | Response:
    """Alamat aturan yang berlaku hari ini, tabel, dan mesin penilai, untuk HP tanpa sambungan.

    Name the rules in force today, their tables and the engine, for phones without a connection. The files never change:
    another content has another address. Packs that never judge at the venue are left out, and versions are those that
    the area has chosen.
    """
    of_today = resources.part(Bundles).of(local_day(resources.clock.now(), area), venue, area)
    tag = f'"{sha256(of_today.model_dump_json().encode()).hexdigest()[:16]}"'
    headers = {"ETag": tag, "Cache-Control": "no-cache"}
    if tag in if_none_match:
        return Response(status_code=304, headers=headers)
    response.headers.update(headers)
    return of_today


@router.get(
    "/{folder}/{name}",
    summary="Satu berkas bundel",
    dependencies=[can(PUBLIC)],
    response_class=Response,
    responses={
        **problem_responses(404),
        200: {"content": {"application/octet-stream": {}}, "description": "Isi berkas / content of the file"},
    },
    openapi_extra=NO_TOKEN,
)
async def bundled_file(request: Request, resources: ServiceResources, folder: _Folder, name: _Name) -> Response:
    """Satu berkas bundel: aturan (JSON), tabel (biner), atau modul mesin penilai; boleh disimpan selamanya.

    Send one file of a bundle: rules (JSON), tables (binary) or a module of the engine; it may be kept for ever.
    """
    file = resources.part(Bundles).file(local_day(resources.clock.now(), NATION), folder, name)
    if file is None:
        raise absent()
    return file.answer(request, {"Cache-Control": FOR_EVER, "ETag": f'"{folder}"'})
