"""HTTP of persons. Names and NIKs are in bodies only, never in addresses."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response

from ilp_registry.deps import PersonsReader, PersonsRevealer, PersonsSearcher, PersonsWriter
from ilp_registry.persons import service
from ilp_registry.persons.correction import correct_person
from ilp_registry.persons.registration import Registrar, register_persons
from ilp_registry.persons.schemas import (
    PersonBatch,
    PersonCorrection,
    PersonDetail,
    PersonIn,
    PersonOut,
    PersonQuery,
    PersonReceipt,
    PersonSearch,
    PersonsFound,
    Reveal,
    RevealedNik,
)
from ilp_registry.persons.vault import Vault
from ilp_registry.submissions.schemas import BatchAnswer
from ilp_registry.submissions.service import submit_batch, submit_one
from ilp_shared.auth.principal import Principal
from ilp_shared.db.connection import Connection
from ilp_shared.write.uow import open_uow
from ilp_shared.http.paging import Page
from ilp_shared.http.refusals import problem_responses
from ilp_shared.http.resources import resources_of

router = APIRouter(prefix="/v1/persons", tags=["orang"])
_ROUTE = "POST /v1/persons"


@router.get("", summary="Daftar orang", responses=problem_responses(404))
async def list_persons(request: Request, who: PersonsReader, query: Annotated[PersonQuery, Query()]) -> Page[PersonOut]:
    """Daftar orang di wilayah akun ini; NIK disamarkan, pembacaan dicatat.

    Persons of this account's area; NIKs are masked, the reading is recorded.
    """
    async with _audited(request, who) as (conn, vault):
        return await service.list_persons(conn, who, vault, query)


@router.get("/{person_id}", summary="Satu orang", responses=problem_responses(404))
async def read_person(request: Request, who: PersonsReader, person_id: UUID) -> PersonDetail:
    """Satu orang; NIK disamarkan, pembacaan dicatat.

    One person; the NIK is masked, the reading is recorded.
    """
    async with _audited(request, who) as (conn, vault):
        return await service.read_person(conn, who, vault, person_id)


@router.post(
    "", summary="Daftarkan orang", status_code=201, response_model=PersonReceipt, responses=problem_responses(404, 409)
)
async def register_person(request: Request, who: PersonsWriter, draft: PersonIn) -> Response:
    """Mendaftarkan satu orang; tanpa NIK identitasnya sementara.

    Registers one person; without a NIK the identity is temporary.
    """
    return await submit_one(request, who, _ROUTE, draft, partial(register_persons, _registrar(request, who)))


@router.post(":batch", summary="Daftarkan banyak orang", responses=problem_responses())
async def register_many(request: Request, who: PersonsWriter, batch: PersonBatch) -> BatchAnswer:
    """Mendaftarkan sampai 500 orang; setiap butir dinilai sendiri.

    Registers up to 500 persons; each item is judged by itself.
    """
    store = partial(register_persons, _registrar(request, who))
    return await submit_batch(request, who, _ROUTE, batch.items, PersonIn, store)


@router.post(":search", summary="Cari orang", responses=problem_responses(404))
async def search_persons(request: Request, who: PersonsSearcher, wanted: PersonSearch) -> PersonsFound:
    """Mencari menurut NIK, atau awal nama di suatu wilayah; pembacaan dicatat.

    Searches by NIK, or by the beginning of a name in an area; the reading is recorded.
    """
    async with _audited(request, who) as (conn, vault):
        return await service.search_persons(conn, who, vault, wanted)


@router.post("/{person_id}/nik:reveal", summary="Tampilkan NIK", responses=problem_responses(404))
async def reveal_nik(request: Request, who: PersonsRevealer, person_id: UUID, reveal: Reveal) -> RevealedNik:
    """Menampilkan NIK lengkap untuk tujuan yang disebut; dicatat.

    Shows the full NIK for the purpose named; recorded.
    """
    async with _audited(request, who) as (conn, vault):
        return await service.reveal_nik(conn, who, vault, person_id, reveal.purpose)


@router.put(
    "/{person_id}", summary="Perbaiki data orang", response_model=PersonReceipt, responses=problem_responses(404, 409)
)
async def correct(request: Request, who: PersonsWriter, person_id: UUID, correction: PersonCorrection) -> Response:
    """Memperbaiki data orang, atau mengikat NIK pada identitas sementara.

    Corrects a person's data, or binds a NIK to a temporary identity.
    """
    store = partial(correct_person, _registrar(request, who), person_id)
    return await submit_one(request, who, f"PUT /v1/persons/{person_id}", correction, store, status=200)


def _registrar(request: Request, who: Principal) -> Registrar:
    resources = resources_of(request)
    demonstration = resources.settings.profile == "development"
    return Registrar(who, resources.part(Vault), resources.clock, demonstration)


@asynccontextmanager
async def _audited(request: Request, who: Principal) -> AsyncIterator[tuple[Connection, Vault]]:
    """A transaction that can write: the audit row commits before the answer leaves."""
    resources = resources_of(request)
    async with open_uow(resources.database, who.areas) as uow:
        yield await uow.connection(), resources.part(Vault)
