"""What can be done with registered persons: read, list, search, reveal, correct. Each reading leaves an audit row."""

from collections.abc import Sequence
from uuid import UUID

import asyncpg

from ilp_registry.areas.repository import existing
from ilp_registry.audit.repository import Action, record
from ilp_registry.persons import repository
from ilp_registry.persons.registration import TAKEN, Registrar, person_registered
from ilp_registry.persons.repository import PersonChange
from ilp_registry.persons.schemas import (
    PersonCorrection,
    PersonDetail,
    PersonOut,
    PersonQuery,
    PersonReceipt,
    PersonSearch,
    PersonsFound,
    RevealedNik,
)
from ilp_registry.persons.vault import Place, Sealed, Vault
from ilp_registry.problems import AlreadyStored
from ilp_registry.rules.names import search_key
from ilp_registry.rules.nik import is_demonstration, masked
from ilp_shared.auth.guard import absent, require_area
from ilp_shared.auth.principal import Principal
from ilp_shared.db.connection import Connection
from ilp_shared.db.uow import UnitOfWork
from ilp_shared.http.paging import Page, decode_cursor, encode_cursor
from ilp_shared.problems import Conflict, InvalidInput, Problem, StaleVersion
from ilp_shared.text import Text

_MOST_FOUND = 50
_STALE = Text(
    "Data orang ini sudah diubah orang lain; muat ulang lalu perbaiki lagi.",
    "This person was changed by somebody else; load again, then correct.",
)
_BOUND = Text(
    "NIK orang ini sudah terikat dan tidak dapat diganti.", "This person's NIK is bound and cannot be changed."
)
_BAD_CURSOR = Text("Kursor halaman tidak dikenal.", "Unknown page cursor.")


async def read_person(conn: Connection, principal: Principal, vault: Vault, person_id: UUID) -> PersonDetail:
    """Return one person with masked NIK; raises NotFound."""
    row = await repository.person_in(conn, principal.areas, person_id)
    if row is None:
        raise absent()
    await record(conn, principal, "read", [person_id])
    phone = _opened(vault, row, "phone")
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
        raise InvalidInput(_BAD_CURSOR) from None
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
    nik = _opened(vault, row, "nik") if row is not None else None
    if nik is None:
        raise absent()
    await record(conn, principal, "reveal", [person_id], purpose)
    return RevealedNik(nik=nik)


async def correct_person(
    registrar: Registrar, person_id: UUID, uow: UnitOfWork, drafts: Sequence[PersonCorrection]
) -> list[PersonReceipt | Problem]:
    """Write the correction and raise PersonRegistered with the next version."""
    return [await _correct(registrar, person_id, uow, draft) for draft in drafts]


async def _correct(
    registrar: Registrar, person_id: UUID, uow: UnitOfWork, draft: PersonCorrection
) -> PersonReceipt | Problem:
    conn = await uow.connection()
    row = await repository.person_in(conn, registrar.principal.areas, person_id, lock=True)
    if row is None:
        return absent()
    levels = await existing(conn, [draft.home_area])
    fault = registrar.fault(nik=draft.nik, birth_date=draft.birth_date, home_area=draft.home_area, levels=levels)
    known = _opened(registrar.vault, row, "nik")
    if fault is None and row["version"] != draft.base_version:
        fault = StaleVersion(_STALE)
    if fault is None and draft.nik is not None and known is not None and draft.nik != known:
        fault = Conflict(_BOUND)
    if fault is not None:
        return fault
    nik = known or draft.nik
    try:
        version = await repository.change_person(conn, _change(registrar.vault, row, draft, nik))
    except asyncpg.UniqueViolationError:
        return AlreadyStored(TAKEN)
    await record(conn, registrar.principal, "correct", [person_id])
    uow.emit(
        person_registered(
            person_id,
            version,
            sex=draft.sex,
            birth_date=draft.birth_date,
            home_area=draft.home_area,
            origin=row["origin_area"],
            clock=registrar.clock,
        )
    )
    return PersonReceipt(
        id=person_id,
        version=version,
        identity="nik" if nik else "temporary",
        nik=masked(nik) if nik else None,
        home_area=draft.home_area,
        household_id=row["household_id"],
        example_data=row["example_data"] or bool(nik and is_demonstration(nik)),
    )


def _change(vault: Vault, row: asyncpg.Record, draft: PersonCorrection, nik: str | None) -> PersonChange:
    sealed: Sealed | tuple[None, None] = (None, None)
    if nik is not None:
        sealed = vault.seal(nik, Place("person", "nik", row["id"]))
    return PersonChange(
        id=row["id"],
        home_area=draft.home_area,
        name=draft.name,
        search=search_key(draft.name),
        sex=draft.sex,
        birth_date=draft.birth_date,
        nik_key_id=sealed[0],
        nik_cipher=sealed[1],
        nik_index=vault.index("nik", nik) if nik else None,
        example_data=row["example_data"] or bool(nik and is_demonstration(nik)),
    )


async def _shown(
    conn: Connection, principal: Principal, vault: Vault, action: Action, rows: Sequence[asyncpg.Record]
) -> list[PersonOut]:
    await record(conn, principal, action, [row["id"] for row in rows])
    return [_out(vault, row) for row in rows]


def _out(vault: Vault, row: asyncpg.Record) -> PersonOut:
    nik = _opened(vault, row, "nik")
    fields = {name: row[name] for name in PersonOut.model_fields if name != "nik"}
    return PersonOut(**fields, nik=masked(nik) if nik else None)


def _opened(vault: Vault, row: asyncpg.Record, column: str) -> str | None:
    content = row[f"{column}_cipher"]
    if content is None:
        return None
    return vault.open(Sealed(row[f"{column}_key_id"], content), Place("person", column, row["id"]))
