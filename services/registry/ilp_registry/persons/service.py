"""What can be done with registered persons: read, list, search, reveal. Each reading leaves an audit row."""

from collections.abc import Sequence
from uuid import UUID

import asyncpg

from ilp_registry.audit.repository import Action, record
from ilp_registry.persons import repository
from ilp_registry.persons.schemas import (
    PersonDetail,
    PersonOut,
    PersonQuery,
    PersonSearch,
    PersonsFound,
    RevealedNik,
)
from ilp_registry.persons.vault import Vault
from ilp_registry.rules.names import search_key
from ilp_registry.rules.nik import masked
from ilp_shared.http.guard import absent, require_area
from ilp_shared.auth.principal import Principal
from ilp_shared.db.connection import Connection
from ilp_shared.http.paging import Page, bad_cursor, decode_cursor, encode_cursor

_MOST_FOUND = 50


async def read_person(conn: Connection, principal: Principal, vault: Vault, person_id: UUID) -> PersonDetail:
    """Return one person with masked NIK; raises NotFound."""
    row = await repository.person_in(conn, principal.areas, person_id)
    if row is None:
        raise absent()
    await record(conn, principal, "read", [person_id])
    phone = vault.open_person(row, "phone")
    return PersonDetail(**_out(vault, row).model_dump(), phone=phone)


async def list_persons(conn: Connection, principal: Principal, vault: Vault, query: PersonQuery) -> Page[PersonOut]:
    """Return one page of persons by id; raises NotFound for an area outside the account's."""
    if query.area is not None:
        require_area(principal, query.area)
    areas = principal.areas if query.area is None else (query.area,)
    after = decode_cursor(query.cursor, 1)
    try:
        last = UUID(after[0]) if after else None
    except ValueError:
        raise bad_cursor() from None
    rows = await repository.persons_of(conn, areas, query.household, last, query.limit + 1)
    total = await repository.count_persons(conn, areas, query.household) if query.count else None
    shown = rows[: query.limit]
    more = encode_cursor(str(shown[-1]["id"])) if len(rows) > query.limit else None
    return Page(items=await _shown(conn, principal, vault, "list", shown), next=more, total=total)


async def search_persons(conn: Connection, principal: Principal, vault: Vault, wanted: PersonSearch) -> PersonsFound:
    """Return persons by NIK, or by the beginning of their name in an area; raises NotFound for a foreign area."""
    if wanted.nik is not None:
        rows = await repository.persons_with_nik(conn, principal.areas, vault.index("nik", wanted.nik))
    else:
        area, prefix = wanted.area or "", search_key(wanted.name_prefix or "")
        require_area(principal, area)
        rows = await repository.persons_named(conn, area, prefix, _MOST_FOUND + 1) if prefix else []
    found = await _shown(conn, principal, vault, "search", rows[:_MOST_FOUND])
    return PersonsFound(items=found, more=len(rows) > _MOST_FOUND)


async def reveal_nik(
    conn: Connection, principal: Principal, vault: Vault, person_id: UUID, purpose: str
) -> RevealedNik:
    """Return the full NIK and record why; raises NotFound, also when the person has none."""
    row = await repository.person_in(conn, principal.areas, person_id)
    nik = vault.open_person(row, "nik") if row is not None else None
    if nik is None:
        raise absent()
    await record(conn, principal, "reveal", [person_id], purpose)
    return RevealedNik(nik=nik)


async def _shown(
    conn: Connection, principal: Principal, vault: Vault, action: Action, rows: Sequence[asyncpg.Record]
) -> list[PersonOut]:
    await record(conn, principal, action, [row["id"] for row in rows])
    return [_out(vault, row) for row in rows]


def _out(vault: Vault, row: asyncpg.Record) -> PersonOut:
    nik = vault.open_person(row, "nik")
    fields = {name: row[name] for name in PersonOut.model_fields if name != "nik"}
    return PersonOut(**fields, nik=masked(nik) if nik else None)
