"""HTTP of persons. Names and NIKs are in bodies only, never in addresses.

Reads run in units of work, not in read-only transactions: the audit row commits before the answer leaves.
"""

from typing import Annotated

from fastapi import APIRouter, Query

from ilp_registry.lookups.service import Lookups
from ilp_registry.persons import service
from ilp_registry.persons.schemas import (
    NikMatch,
    NikMatchInput,
    Person,
    PersonDetail,
    PersonMatches,
    PersonQuery,
    PersonSearchInput,
    RevealedNik,
    RevealInput,
)
from ilp_registry.vault import Vault
from ilp_shared.auth.permissions import CLINIC, FIELD, Permission, Role
from ilp_shared.auth.principal import Principal
from ilp_shared.http.guard import can
from ilp_shared.http.openapi import problem_responses
from ilp_shared.http.paging import Page
from ilp_shared.http.resources import ServiceResources
from ilp_shared.scalars import RecordId
from ilp_shared.write.uow import open_uow

PERSONS_READ = Permission("persons:read", FIELD | CLINIC | {Role.INTEGRATOR}, personal=True)
PERSONS_SEARCH = Permission("persons:search", CLINIC | {Role.INTEGRATOR}, personal=True)
PERSONS_MATCH = Permission("persons:match", FIELD | CLINIC | {Role.INTEGRATOR}, personal=True)
PERSONS_REVEAL = Permission("persons:reveal", CLINIC, personal=True)

router = APIRouter(prefix="/v1/persons", tags=["orang"])


@router.get("", summary="Daftar orang", responses=problem_responses(404))
async def list_persons(
    reader: Annotated[Principal, can(PERSONS_READ)], resources: ServiceResources, query: Annotated[PersonQuery, Query()]
) -> Page[Person]:
    """Daftar orang di wilayah akun ini; NIK disamarkan, pembacaan dicatat.

    Persons of this account's area; NIKs are masked, the reading is recorded.
    """
    async with open_uow(resources.database, reader.areas) as uow:
        return await service.list_persons(uow.conn, reader, query)


@router.get("/{person_id}", summary="Satu orang", responses=problem_responses(404))
async def read_person(
    reader: Annotated[Principal, can(PERSONS_READ)], resources: ServiceResources, person_id: RecordId
) -> PersonDetail:
    """Satu orang; NIK disamarkan, pembacaan dicatat.

    One person; the NIK is masked, the reading is recorded.
    """
    async with open_uow(resources.database, reader.areas) as uow:
        return await service.read_person(uow.conn, reader, resources.part(Vault), person_id)


@router.post(":search", summary="Cari orang", responses=problem_responses(404))
async def search_persons(
    reader: Annotated[Principal, can(PERSONS_SEARCH)], resources: ServiceResources, search: PersonSearchInput
) -> PersonMatches:
    """Mencari menurut NIK, atau awal nama di suatu wilayah; dicatat, dan terbatas per jam.

    Searches by NIK, or by the beginning of a name in an area; recorded, and limited per hour.
    """
    await resources.part(Lookups).spend(reader, "persons.search")
    async with open_uow(resources.database, reader.areas) as uow:
        return await service.search_persons(uow.conn, reader, resources.part(Vault), search)


@router.post("/{person_id}/nik:reveal", summary="Tampilkan NIK", responses=problem_responses(404))
async def reveal_nik(
    reader: Annotated[Principal, can(PERSONS_REVEAL)],
    resources: ServiceResources,
    person_id: RecordId,
    reveal: RevealInput,
) -> RevealedNik:
    """Menampilkan NIK lengkap untuk tujuan yang disebut; dicatat.

    Shows the full NIK for the purpose named; recorded.
    """
    async with open_uow(resources.database, reader.areas) as uow:
        return await service.reveal_nik(uow.conn, reader, resources.part(Vault), person_id, reveal.purpose)


@router.post("/{person_id}/nik:match", summary="Cocokkan NIK", responses=problem_responses(404))
async def match_nik(
    reader: Annotated[Principal, can(PERSONS_MATCH)],
    resources: ServiceResources,
    person_id: RecordId,
    card: NikMatchInput,
) -> NikMatch:
    """Mencocokkan NIK pada kartu dengan NIK orang ini: ya atau tidak; dicatat, dan terbatas per jam.

    Compares the NIK on the card with the person's: yes or no; recorded, and limited per hour.
    """
    await resources.part(Lookups).spend(reader, "persons.match")
    async with open_uow(resources.database, reader.areas) as uow:
        return await service.match_nik(uow.conn, reader, resources.part(Vault), person_id, card.nik)
