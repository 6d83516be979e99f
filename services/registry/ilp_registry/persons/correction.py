"""Corrects a person's data or binds a NIK to a temporary identity, in the caller's transaction."""

from collections.abc import Sequence
from uuid import UUID

import asyncpg

from ilp_registry.areas.repository import existing
from ilp_registry.audit.repository import record
from ilp_registry.persons import repository
from ilp_registry.persons.registration import TAKEN, Registrar, person_registered
from ilp_registry.persons.repository import PersonChange
from ilp_registry.persons.schemas import PersonCorrection, PersonReceipt
from ilp_registry.persons.vault import Place, Sealed, Vault
from ilp_registry.problems import AlreadyStored
from ilp_registry.rules.names import search_key
from ilp_registry.rules.nik import is_demonstration, masked
from ilp_shared.http.guard import absent
from ilp_shared.write.uow import UnitOfWork
from ilp_shared.problems import Conflict, Problem, StaleVersion
from ilp_shared.text import Text

_STALE = Text(
    "Data orang ini sudah diubah orang lain; muat ulang lalu perbaiki lagi.",
    "This person was changed by somebody else; load again, then correct.",
)
_BOUND = Text(
    "NIK orang ini sudah terikat dan tidak dapat diganti.", "This person's NIK is bound and cannot be changed."
)


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
    known = registrar.vault.open_person(row, "nik")
    fault = registrar.fault(nik=draft.nik, birth_date=draft.birth_date, home_area=draft.home_area, levels=levels)
    fault = fault or _contradiction(row["version"], known, draft)
    if fault is not None:
        return fault
    change = _change(registrar.vault, row, draft, known or draft.nik)
    try:
        version = await repository.change_person(conn, change)
    except asyncpg.UniqueViolationError:
        return AlreadyStored(TAKEN)
    await record(conn, registrar.principal, "correct", [person_id])
    born, home, origin = draft.birth_date, draft.home_area, row["origin_area"]
    uow.emit(
        person_registered(
            person_id, version, sex=draft.sex, birth_date=born, home_area=home, origin=origin, clock=registrar.clock
        )
    )
    return _receipt(version, change, known or draft.nik, row["household_id"])


def _contradiction(version: int, known: str | None, draft: PersonCorrection) -> Problem | None:
    if version != draft.base_version:
        return StaleVersion(_STALE)
    if draft.nik is not None and known is not None and draft.nik != known:
        return Conflict(_BOUND)
    return None


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


def _receipt(version: int, change: PersonChange, nik: str | None, household: UUID | None) -> PersonReceipt:
    return PersonReceipt(
        id=change.id,
        version=version,
        identity="nik" if nik else "temporary",
        nik=masked(nik) if nik else None,
        home_area=change.home_area,
        household_id=household,
        example_data=change.example_data,
    )
