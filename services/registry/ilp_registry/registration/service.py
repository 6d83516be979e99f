"""Commands of persons: register one or many with set-based statements, correct one. All in the caller's transaction."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import asyncpg

from ilp_registry.areas.repository import levels_of
from ilp_registry.households.repository import households_outside
from ilp_registry.households.service import Households
from ilp_registry.lookups.service import Lookups
from ilp_registry.outcomes import first_by_id, repeated_id
from ilp_registry.persons.repository import person_in
from ilp_registry.registration import repository
from ilp_registry.registration.events import person_registered
from ilp_registry.registration.models import Named, NewPerson, PersonChange
from ilp_registry.registration.schemas import PersonCorrectionInput, PersonInput, PersonReceipt
from ilp_registry.rules.names import search_key
from ilp_registry.rules.nik import MASKED, is_demonstration, nik_disagreements, nik_fault
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

_BORN = Text("Tanggal lahir harus antara 1900 dan hari ini.", "The birth date must lie between 1900 and today.")
_NO_AREA = Text("Wilayah tempat tinggal ini tidak terdaftar.", "This home area is not registered.")
_TAKEN = Text("NIK, nomor KK, atau id ini sudah terdaftar.", "This NIK, KK number or id is already registered.")
"""One sentence for all three, inside the account's areas and outside: a refusal says neither what nor where."""
_PROBE = "persons.probe"
_STALE = Text(
    "Data orang ini sudah diubah orang lain; muat ulang lalu perbaiki lagi.",
    "This person was changed by somebody else; load again, then correct.",
)
_BOUND = Text(
    "NIK orang ini sudah terikat dan tidak dapat diganti.", "This person's NIK is bound and cannot be changed."
)


@dataclass(frozen=True)
class Registrar:
    """The account that registers, with its keys and look-ups, and the present instant."""

    principal: Principal
    vault: Vault
    lookups: Lookups
    now: datetime
    demonstration: bool
    """Whether example people (serial 0000) may enter."""
    may_search: bool
    """Whether a conflict may name the person who is stored, if they live in the account's areas."""

    def refusal(self, form: PersonInput | PersonCorrectionInput, levels: Mapping[str, str]) -> Problem | None:
        """Return the refusal of a person's data, or None; `levels` are those of the areas that exist."""
        if not self.principal.covers(form.home_area):
            return absent("/home_area")
        if form.home_area not in levels:
            return InvalidInput.at("/home_area", "unknown_area", _NO_AREA)
        if form.birth_date > self.now.astimezone(zone_of(form.home_area)).date():
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
    if len(stored) < len(forms):
        await households.delete_empty(uow.conn)
    await record_access(uow.conn, registrar.principal, "persons.register", stored)
    for person in first.values():
        if person.id in stored:
            data, aggregate = person_registered(person, 1, person.home_area)
            uow.emit(data, of=aggregate, occurred_at=registrar.now)
    outcomes = [
        item if isinstance(item, Problem) else _outcome(item, form.nik, first, stored)
        for item, form in zip(judged, forms, strict=True)
    ]
    return await _told(registrar, uow.conn, forms, outcomes)


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
        if problem.detail is _BOUND:
            await _spend(registrar, [Named.of(registrar.vault, person_id, form.nik)])
        raise problem
    nik = nik or form.nik
    change = _change(registrar.vault, row, form, nik)
    try:
        version = await repository.change_person(uow.conn, change)
    except asyncpg.UniqueViolationError:
        await _spend(registrar, [Named.of(registrar.vault, person_id, form.nik)])
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
    taken = await _taken(registrar, conn, [form for form, problem in zip(forms, refusals, strict=True) if not problem])
    refusals = [
        problem or (AlreadyStored(_TAKEN) if _named(registrar.vault, form).is_among(taken) else None)
        for form, problem in zip(forms, refusals, strict=True)
    ]
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
            return AlreadyStored(_TAKEN)
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


async def _taken(registrar: Registrar, conn: Connection, forms: Sequence[PersonInput]) -> set[UUID | bytes]:
    """Return what the forms name and may not have: ids and NIKs of any person, households outside the areas.

    All are looked up by the same statements, whatever they are and wherever they are held.
    """
    named = [_named(registrar.vault, form) for form in forms]
    persons = await repository.taken_persons(
        conn, [one.id for one in named if one.id], [one.nik_index for one in named if one.nik_index]
    )
    households = await households_outside(
        conn,
        registrar.principal.areas,
        [one.household_id for one in named if one.household_id],
        [one.kk_index for one in named if one.kk_index],
    )
    return persons | households


async def _told(
    registrar: Registrar,
    conn: Connection,
    forms: Sequence[PersonInput],
    outcomes: Sequence[PersonReceipt | Problem],
) -> list[PersonReceipt | Problem]:
    """Return the outcomes after the conflicts among them were spent; raises TooMany when too few look-ups are left.

    A conflict names the person of the account's areas who has the id or NIK, for an account that may search.
    """
    conflicts = {
        at: _named(registrar.vault, forms[at])
        for at, outcome in enumerate(outcomes)
        if isinstance(outcome, Problem) and outcome.detail is _TAKEN
    }
    if not conflicts:
        return list(outcomes)
    await _spend(registrar, list(conflicts.values()))
    known: dict[UUID | bytes, UUID] = {}
    if registrar.may_search:
        ids = [one.id for one in conflicts.values() if one.id]
        nik_indexes = [one.nik_index for one in conflicts.values() if one.nik_index]
        for row in await repository.holders_of(conn, registrar.principal.areas, ids, nik_indexes):
            known |= {row["id"]: row["id"], row["nik_index"]: row["id"]}
    return [
        AlreadyStored(_TAKEN, conflicts[at].holder_among(known)) if at in conflicts else outcome
        for at, outcome in enumerate(outcomes)
    ]


async def _spend(registrar: Registrar, conflicts: Sequence[Named]) -> None:
    asked = [asked for one in conflicts for asked in one.asked]
    await registrar.lookups.spend(registrar.principal, _PROBE, len(conflicts), refused=asked)


def _named(vault: Vault, form: PersonInput) -> Named:
    household_id, kk = (form.household.id, form.household.kk) if form.household is not None else (None, None)
    return Named.of(vault, form.id, form.nik, household_id, kk)


def _outcome(
    person: NewPerson, nik: str | None, first: Mapping[UUID, NewPerson], stored: set[UUID]
) -> PersonReceipt | Problem:
    if first[person.id] is not person:
        return repeated_id(person.id if person.id in stored else None)
    if person.id in stored:
        return _receipt(person, 1, nik, person.household_id)
    return AlreadyStored(_TAKEN)


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
        nik=MASKED if nik else None,
        home_area=person.home_area,
        household_id=household_id,
        example_data=person.example_data,
        warnings=[FieldWarning(pointer="/nik", code="nik_disagrees", message=text) for text in disagreements],
    )
