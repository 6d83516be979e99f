"""Registers persons, one or five hundred, with set-based statements in the caller's transaction."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

import asyncpg

from ilp_registry.areas.repository import existing
from ilp_registry.audit.repository import record
from ilp_registry.persons import repository
from ilp_registry.persons.household_repository import drop_empty
from ilp_registry.persons.households import Homes
from ilp_registry.persons.repository import PersonRow
from ilp_registry.persons.schemas import PersonIn, PersonReceipt, Sex
from ilp_registry.persons.vault import Place, Vault
from ilp_registry.problems import AlreadyStored, bad_field, repeated_id
from ilp_registry.rules.names import search_key
from ilp_registry.rules.nik import is_demonstration, masked, nik_fault
from ilp_registry.rules.villages import village_of
from ilp_shared.areas import zone_of
from ilp_shared.http.guard import absent
from ilp_shared.auth.principal import Principal
from ilp_shared.bus.contract.envelope import NewEvent
from ilp_shared.clock import Clock
from ilp_shared.write.uow import UnitOfWork
from ilp_shared.events.registry.v1 import PersonRegistered
from ilp_shared.ids import new_id
from ilp_shared.problems import Conflict, Problem
from ilp_shared.text import Text

_EARLIEST = date(1900, 1, 1)
_BORN = Text("Tanggal lahir harus antara 1900 dan hari ini.", "The birth date must lie between 1900 and today.")
_NO_AREA = Text("Wilayah tempat tinggal ini tidak terdaftar.", "This home area is not registered.")
TAKEN = Text("Orang dengan NIK atau id ini sudah terdaftar.", "A person with this NIK or id is registered.")
_HOUSEHOLD = Text("KK ini terdaftar di luar wilayah akun ini.", "This household lies outside this account's area.")


@dataclass(frozen=True)
class Registrar:
    """Who registers, with which keys, when, and whether made-up people (serial 0000) are welcome."""

    principal: Principal
    vault: Vault
    clock: Clock
    demonstration: bool

    def fault(self, *, nik: str | None, birth_date: date, home_area: str, levels: dict[str, str]) -> Problem | None:
        """Return what refuses a person's data, or None."""
        if not self.principal.covers(home_area):
            return absent()
        if home_area not in levels:
            return bad_field("/home_area", "unknown_area", _NO_AREA)
        if not _EARLIEST <= birth_date <= self.clock.now().astimezone(zone_of(home_area)).date():
            return bad_field("/birth_date", "implausible_date", _BORN)
        wrong = nik_fault(nik, demonstration=self.demonstration) if nik else None
        return bad_field("/nik", "implausible_nik", wrong) if wrong else None


async def register_persons(
    registrar: Registrar, uow: UnitOfWork, drafts: Sequence[PersonIn]
) -> list[PersonReceipt | Problem]:
    """Register persons and raise PersonRegistered for each; refusals stand in their places."""
    conn = await uow.connection()
    levels = await existing(conn, {draft.home_area for draft in drafts})
    refused: dict[int, Problem] = {}
    sound: dict[int, PersonIn] = {}
    for index, draft in enumerate(drafts):
        fault = registrar.fault(nik=draft.nik, birth_date=draft.birth_date, home_area=draft.home_area, levels=levels)
        if fault is None:
            sound[index] = draft
        else:
            refused[index] = fault
    homes = Homes(registrar.vault, registrar.principal.areas)
    await homes.settle(conn, sound)
    rows: dict[int, PersonRow] = {}
    ids: dict[UUID, int] = {}
    for index, draft in sound.items():
        household = homes.of(draft.household) if draft.household else None
        if draft.household is not None and household is None:
            refused[index] = Conflict(_HOUSEHOLD)
        elif draft.id is None or ids.setdefault(draft.id, index) == index:
            rows[index] = _row(registrar.vault, draft, household)
    stored = await repository.insert_persons(conn, list(rows.values()))
    taken = list(rows.values()) if len(stored) < len(rows) else []
    areas, niks = registrar.principal.areas, [row.nik_index for row in taken if row.nik_index]
    holders = await repository.holders_of(conn, areas, [row.id for row in taken], niks) if taken else []
    if homes.made and len(stored) < len(drafts):
        await drop_empty(conn, homes.made)
    await record(conn, registrar.principal, "register", list(stored))
    return [
        refused.get(index) or _settle(registrar, uow, draft, rows.get(index), stored, holders)
        for index, draft in enumerate(drafts)
    ]


def person_registered(
    person_id: UUID, version: int, *, sex: Sex, birth_date: date, home_area: str, origin: str, clock: Clock
) -> NewEvent:
    """Return the event for a person as they stand: neither NIK nor name, the home no closer than its village."""
    village = village_of(home_area)
    return NewEvent(
        data=PersonRegistered.model_construct(
            person_id=person_id, sex=sex, birth_date=birth_date, home_area=village, active=True
        ),
        aggregate_id=person_id,
        aggregate_version=version,
        home_area=origin,
        area_code=village,
        occurred_at=clock.now(),
    )


def _row(vault: Vault, draft: PersonIn, household: UUID | None) -> PersonRow:
    person_id = draft.id or new_id()
    nik = vault.seal(draft.nik, Place("person", "nik", person_id)) if draft.nik else (None, None)
    phone = vault.seal(draft.phone, Place("person", "phone", person_id)) if draft.phone else (None, None)
    return PersonRow(
        id=person_id,
        home_area=draft.home_area,
        name=draft.name,
        search=search_key(draft.name),
        sex=draft.sex,
        birth_date=draft.birth_date,
        nik_key_id=nik[0],
        nik_cipher=nik[1],
        nik_index=vault.index("nik", draft.nik) if draft.nik else None,
        phone_key_id=phone[0],
        phone_cipher=phone[1],
        household_id=household,
        example_data=bool(draft.nik and is_demonstration(draft.nik)),
    )


def _settle(
    registrar: Registrar,
    uow: UnitOfWork,
    draft: PersonIn,
    row: PersonRow | None,
    stored: set[UUID],
    holders: Sequence[asyncpg.Record],
) -> PersonReceipt | Problem:
    if row is None:
        return repeated_id(draft.id if draft.id in stored else None)
    if row.id not in stored:
        same = (h["id"] for h in holders if h["id"] == row.id or (row.nik_index and h["nik_index"] == row.nik_index))
        return AlreadyStored(TAKEN, next(same, None))
    uow.emit(
        person_registered(
            row.id,
            1,
            sex=row.sex,
            birth_date=row.birth_date,
            home_area=row.home_area,
            origin=row.home_area,
            clock=registrar.clock,
        )
    )
    return PersonReceipt(
        id=row.id,
        version=1,
        identity="nik" if draft.nik else "temporary",
        nik=masked(draft.nik) if draft.nik else None,
        home_area=row.home_area,
        household_id=row.household_id,
        example_data=row.example_data,
    )
