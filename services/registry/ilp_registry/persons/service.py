"""Queries of persons: list, read, search, match, reveal. Each reading leaves an audit row in its transaction."""

import hmac
from collections.abc import Sequence
from uuid import UUID

import asyncpg

from ilp_registry.persons import repository
from ilp_registry.persons.schemas import (
    NikMatch,
    Person,
    PersonDetail,
    PersonMatches,
    PersonQuery,
    PersonSearchInput,
    Purpose,
    RevealedNik,
)
from ilp_registry.rules.names import search_key
from ilp_registry.rules.nik import MASKED
from ilp_registry.vault import Vault
from ilp_shared.auth.principal import Principal
from ilp_shared.db.audit import Asked, record_access, record_vain_access
from ilp_shared.db.connection import Connection
from ilp_shared.http.guard import absent, require_area
from ilp_shared.http.paging import Page, page_of

_MOST_MATCHES = 50


async def list_persons(conn: Connection, principal: Principal, query: PersonQuery) -> Page[Person]:
    """Return one page of persons by id; raises NotFound for an area outside the account's."""
    if query.area is not None:
        require_area(principal, query.area)
    areas = principal.areas if query.area is None else (query.area,)
    (after,) = query.after(UUID) or (None,)
    rows = await repository.persons_in(conn, areas, query.household, after, query.limit + 1)
    total = await repository.count_persons(conn, areas, query.household) if query.count else None
    page, cursor = page_of(rows, query.limit, lambda row: (row["id"],))
    await _record(conn, principal, "persons.list", page)
    return Page(items=[_person(row) for row in page], next=cursor, total=total)


async def read_person(conn: Connection, principal: Principal, vault: Vault, person_id: UUID) -> PersonDetail:
    """Return one person with masked NIK; raises NotFound."""
    row = await repository.person_in(conn, principal.areas, person_id)
    if row is None:
        raise absent()
    await _record(conn, principal, "persons.read", [row])
    return PersonDetail(**_person(row).model_dump(), phone=vault.open_person(row, "phone"))


async def search_persons(
    conn: Connection, principal: Principal, vault: Vault, search: PersonSearchInput
) -> PersonMatches:
    """Return persons by NIK, or by the beginning of their name in an area.

    Raises NotFound for an area outside the account's.
    """
    digests = vault.index("nik", search.nik).digests if search.nik is not None else []
    if digests:
        rows = await repository.persons_with_nik(conn, principal.areas, digests)
    else:
        area, prefix = search.area or "", search_key(search.name_prefix or "")
        require_area(principal, area)
        rows = await repository.persons_named(conn, area, prefix, _MOST_MATCHES + 1) if prefix else []
    matches = rows[:_MOST_MATCHES]
    await _record(conn, principal, "persons.search", matches)
    if not matches:
        asked = [Asked(number_index=digests[0] if digests else None)]
        await record_vain_access(conn, principal, "persons.search", "nothing", asked)
    return PersonMatches(items=[_person(row) for row in matches], more=len(rows) > _MOST_MATCHES)


async def reveal_nik(
    conn: Connection, principal: Principal, vault: Vault, person_id: UUID, purpose: Purpose
) -> RevealedNik:
    """Return the full NIK and record why; raises NotFound, also when the person has none."""
    row = await repository.person_in(conn, principal.areas, person_id)
    nik = vault.open_person(row, "nik") if row is not None else None
    if nik is None:
        raise absent()
    await record_access(conn, principal, "persons.reveal", [person_id], purpose=purpose)
    return RevealedNik(nik=nik)


async def match_nik(conn: Connection, principal: Principal, vault: Vault, person_id: UUID, nik: str) -> NikMatch:
    """Compare a number with the NIK of a person and record it; raises NotFound."""
    row = await repository.person_in(conn, principal.areas, person_id)
    if row is None:
        raise absent()
    bound = vault.open_person(row, "nik")
    await record_access(conn, principal, "persons.match", [person_id])
    return NikMatch(matches=bound is not None and hmac.compare_digest(bound, nik))


async def _record(conn: Connection, principal: Principal, action: str, rows: Sequence[asyncpg.Record]) -> None:
    await record_access(conn, principal, action, [row["id"] for row in rows])


def _person(row: asyncpg.Record) -> Person:
    return Person(**row, nik=MASKED if row["nik_cipher"] else None)
