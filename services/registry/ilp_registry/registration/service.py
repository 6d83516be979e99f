"""Commands of persons: register one or many with set-based statements, correct one. All in the caller's transaction."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

import asyncpg

from ilp_registry.areas.repository import levels_of
from ilp_registry.households.service import Households
from ilp_registry.outcomes import first_by_id, repeated_id
from ilp_registry.persons.repository import person_in
from ilp_registry.registration import repository
from ilp_registry.registration.events import person_registered
from ilp_registry.registration.models import NewPerson, PersonChange
from ilp_registry.registration.schemas import PersonCorrectionInput, PersonInput, PersonReceipt
from ilp_registry.rules.names import search_key
from ilp_registry.rules.nik import is_demonstration, masked, nik_disagreements, nik_fault
from ilp_registry.vault import AssociatedData, Vault
from ilp_shared.areas import zone_of
from ilp_shared.auth.principal import Principal
from ilp_shared.db.audit import record_access
from ilp_shared.db.connection import Connection
from ilp_shared.http.guard import absent
from ilp_shared.ids import new_id
from ilp_shared.problems import AlreadyStored, Conflict, FieldWarning, InvalidInput, Problem, StaleVersion
from ilp_shared.text import Text
from ilp_shared.write.uow import UnitOfWork

_EARLIEST = date(1900, 1, 1)
_BORN = Text("Tanggal lahir harus antara 1900 dan hari ini.", "The birth date must lie between 1900 and today.")
_NO_AREA = Text("Wilayah tempat tinggal ini tidak terdaftar.", "This home area is not registered.")
_TAKEN = Text("Orang dengan NIK atau id ini sudah terdaftar.", "A person with this NIK or id is registered.")
_HOUSEHOLD = Text("KK ini terdaftar di luar wilayah akun ini.", "This household lies outside this account's area.")
_STALE = Text(
    "Data orang ini sudah diubah orang lain; muat ulang lalu perbaiki lagi.",
    "This person was changed by somebody else; load again, then correct.",
)
_BOUND = Text(
    "NIK orang ini sudah terikat dan tidak dapat diganti.", "This person's NIK is bound and cannot be changed."
)


@dataclass(frozen=True)
class Registrar:
    """The account that registers, its keys, the present instant, and whether example people (serial 0000) may enter."""

    principal: Principal
    vault: Vault
    now: datetime
    demonstration: bool

    def refusal(self, form: PersonInput | PersonCorrectionInput, levels: Mapping[str, str]) -> Problem | None:
        """Return the refusal of a person's data, or None; `levels` are those of the areas that exist."""
        if not self.principal.covers(form.home_area):
            return absent("/home_area")
        if form.home_area not in levels:
            return InvalidInput.at("/home_area", "unknown_area", _NO_AREA)
        if not _EARLIEST <= form.birth_date <= self.now.astimezone(zone_of(form.home_area)).date():
            return InvalidInput.at("/birth_date", "implausible_date", _BORN)
        fault = nik_fault(form.nik, demonstration=self.demonstration) if form.nik else None
        return InvalidInput.at("/nik", "implausible_nik", fault) if fault else None


async def register_persons(
    registrar: Registrar, uow: UnitOfWork, forms: Sequence[PersonInput]
) -> list[PersonReceipt | Problem]:
    """Register persons and raise PersonRegistered for each; returns one outcome per form, in order."""
    households = Households(registrar.vault, registrar.principal.areas)
    judged = await _judge(registrar, uow.conn, forms, households)
    first = first_by_id(judged)
    stored = await repository.insert_persons(uow.conn, first.values())
    holders = await _holders(registrar, uow.conn, [person for person in first.values() if person.id not in stored])
    if len(stored) < len(forms):
        await households.delete_empty(uow.conn)
    await record_access(uow.conn, registrar.principal, "persons.register", stored)
    for person in first.values():
        if person.id in stored:
            data, aggregate = person_registered(person, 1, person.home_area)
            uow.emit(data, of=aggregate, occurred_at=registrar.now)
    return [
        item if isinstance(item, Problem) else _outcome(item, form.nik, first, stored, holders)
        for item, form in zip(judged, forms, strict=True)
    ]


async def correct_person(
    registrar: Registrar, uow: UnitOfWork, person_id: UUID, form: PersonCorrectionInput
) -> PersonReceipt:
    """Write the correction and raise PersonRegistered with the next version; raises the Problem that refuses it."""
    row = await person_in(uow.conn, registrar.principal.areas, person_id, lock=True)
    if row is None:
        raise absent()
    nik = registrar.vault.open_person(row, "nik")
    problem = registrar.refusal(form, await levels_of(uow.conn, [form.home_area]))
    problem = problem or _contradiction(row["version"], nik, form)
    if problem is not None:
        raise problem
    nik = nik or form.nik
    change = _change(registrar.vault, row, form, nik)
    try:
        version = await repository.change_person(uow.conn, change)
    except asyncpg.UniqueViolationError:
        raise AlreadyStored(_TAKEN) from None
    await record_access(uow.conn, registrar.principal, "persons.correct", [person_id])
    data, aggregate = person_registered(change, version, row["origin_area"])
    uow.emit(data, of=aggregate, occurred_at=registrar.now)
    return _receipt(change, version, nik, row["household_id"])


async def _judge(
    registrar: Registrar, conn: Connection, forms: Sequence[PersonInput], households: Households
) -> list[NewPerson | Problem]:
    levels = await levels_of(conn, {form.home_area for form in forms})
    refusals = [registrar.refusal(form, levels) for form in forms]
    accepted = [form for form, problem in zip(forms, refusals, strict=True) if problem is None]
    await households.prepare(
        conn, ((form.household, form.home_area) for form in accepted if form.household is not None)
    )
    return [
        problem or _new_person(registrar.vault, form, households) for form, problem in zip(forms, refusals, strict=True)
    ]


def _new_person(vault: Vault, form: PersonInput, households: Households) -> NewPerson | Problem:
    household_id = None
    if form.household is not None:
        household_id = households.id_of(form.household)
        if household_id is None:
            return Conflict(_HOUSEHOLD)
    person_id = form.id or new_id()
    nik = vault.seal_indexed(form.nik, AssociatedData("person", "nik", person_id))
    phone = vault.seal(form.phone, AssociatedData("person", "phone", person_id)) if form.phone else None
    return NewPerson(
        id=person_id,
        home_area=form.home_area,
        name=form.name,
        search=search_key(form.name),
        sex=form.sex,
        birth_date=form.birth_date,
        nik_key_id=nik.key_id,
        nik_cipher=nik.content,
        nik_index=nik.blind_index,
        phone_key_id=phone.key_id if phone else None,
        phone_cipher=phone.content if phone else None,
        household_id=household_id,
        example_data=bool(form.nik and is_demonstration(form.nik)),
    )


async def _holders(registrar: Registrar, conn: Connection, taken: Sequence[NewPerson]) -> Sequence[asyncpg.Record]:
    """Return the persons of the account's areas who hold the ids and NIKs that were not free."""
    if not taken:
        return []
    nik_indexes = [person.nik_index for person in taken if person.nik_index]
    return await repository.holders_of(conn, registrar.principal.areas, [person.id for person in taken], nik_indexes)


def _outcome(
    person: NewPerson,
    nik: str | None,
    first: Mapping[UUID, NewPerson],
    stored: set[UUID],
    holders: Sequence[asyncpg.Record],
) -> PersonReceipt | Problem:
    if first[person.id] is not person:
        return repeated_id(person.id if person.id in stored else None)
    if person.id in stored:
        return _receipt(person, 1, nik, person.household_id)
    existing = (
        row["id"]
        for row in holders
        if row["id"] == person.id or (person.nik_index and row["nik_index"] == person.nik_index)
    )
    return AlreadyStored(_TAKEN, next(existing, None))


def _contradiction(version: int, nik: str | None, form: PersonCorrectionInput) -> Problem | None:
    if version != form.base_version:
        return StaleVersion(_STALE, version)
    if form.nik is not None and nik is not None and form.nik != nik:
        return Conflict(_BOUND)
    return None


def _change(vault: Vault, row: asyncpg.Record, form: PersonCorrectionInput, nik: str | None) -> PersonChange:
    sealed = vault.seal_indexed(nik, AssociatedData("person", "nik", row["id"]))
    return PersonChange(
        id=row["id"],
        home_area=form.home_area,
        name=form.name,
        search=search_key(form.name),
        sex=form.sex,
        birth_date=form.birth_date,
        nik_key_id=sealed.key_id,
        nik_cipher=sealed.content,
        nik_index=sealed.blind_index,
        example_data=row["example_data"] or bool(nik and is_demonstration(nik)),
    )


def _receipt(
    person: NewPerson | PersonChange, version: int, nik: str | None, household_id: UUID | None
) -> PersonReceipt:
    disagreements = nik_disagreements(nik, person.birth_date, person.sex) if nik else []
    return PersonReceipt(
        id=person.id,
        version=version,
        identity="nik" if nik else "temporary",
        nik=masked(nik) if nik else None,
        home_area=person.home_area,
        household_id=household_id,
        example_data=person.example_data,
        warnings=[FieldWarning(pointer="/nik", code="nik_disagrees", message=text) for text in disagreements],
    )
