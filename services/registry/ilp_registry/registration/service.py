"""Commands of persons: register one or many with set-based statements, correct one. All in the caller's transaction."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import asyncpg

from ilp_registry.areas.repository import levels_of
from ilp_registry.households.service import Households
from ilp_registry.lookups.service import Account, Lookups
from ilp_registry.outcomes import repeated_id
from ilp_registry.persons.repository import person_in
from ilp_registry.registration import repository
from ilp_registry.registration.events import person_registered
from ilp_registry.registration.models import Named, NewPerson, PersonChange
from ilp_registry.registration.schemas import PersonCorrectionInput, PersonInput, PersonReceipt
from ilp_registry.rules.names import search_key
from ilp_registry.rules.nik import MASKED, is_demonstration, nik_disagreements, nik_fault
from ilp_registry.vault import AssociatedData, Vault
from ilp_shared.areas import local_day
from ilp_shared.auth.principal import Principal
from ilp_shared.db.audit import record_access, record_vain_access
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
        if form.birth_date > local_day(self.now, form.home_area):
            return InvalidInput.at("/birth_date", "implausible_date", _BORN)
        fault = nik_fault(form.nik, demonstration=self.demonstration) if form.nik else None
        return InvalidInput.at("/nik", "implausible_nik", fault) if fault else None


async def register_persons(
    registrar: Registrar, uow: UnitOfWork, forms: Sequence[PersonInput]
) -> list[PersonReceipt | Problem]:
    """Register persons and raise PersonRegistered for each; returns one outcome per form, in order.

    The refusals are stored too: the unit must commit when every form is refused.
    """
    levels = await levels_of(uow.conn, {form.home_area for form in forms})
    faults = [registrar.refusal(form, levels) for form in forms]
    candidates = [form for form, fault in zip(forms, faults, strict=True) if fault is None]
    admission = await _admission(registrar, uow.conn, candidates)
    problems = [fault or admission.refusal(form) for form, fault in zip(forms, faults, strict=True)]
    await admission.households.make(uow.conn)
    persons = [
        problem or _new_person(registrar.vault, form, admission) for form, problem in zip(forms, problems, strict=True)
    ]
    stored = await repository.insert_persons(uow.conn, [each for each in persons if isinstance(each, NewPerson)])
    if len(stored) < len(forms):
        await admission.households.delete_empty(uow.conn)
    await record_access(uow.conn, registrar.principal, "persons.register", stored)
    for person in persons:
        if isinstance(person, NewPerson) and person.id in stored:
            data, aggregate = person_registered(person, 1, person.home_area)
            uow.emit(data, of=aggregate, occurred_at=registrar.now)
    outcomes = [_outcome(admission, person, form, stored) for person, form in zip(persons, forms, strict=True)]
    await admission.account.record(uow.conn, _PROBE)
    return await _with_holders(registrar, uow.conn, forms, outcomes)


async def correct_person(
    registrar: Registrar, uow: UnitOfWork, person_id: UUID, form: PersonCorrectionInput
) -> PersonReceipt | Problem:
    """Write the correction and raise PersonRegistered with the next version.

    Returns the Problem that refuses it: what it leaves in the audit and the look-ups must be committed.
    """
    row = await person_in(uow.conn, registrar.principal.areas, person_id, lock=True)
    if row is None:
        return absent()
    problem = registrar.refusal(form, await levels_of(uow.conn, [form.home_area]))
    if problem is None and row["version"] != form.base_version:
        problem = StaleVersion(_STALE, row["version"])
    problem = problem or await _binding_refusal(registrar, uow.conn, row, form)
    if problem is not None:
        return problem
    nik = form.nik or registrar.vault.open_person(row, "nik")
    change = PersonChange.of(registrar.vault, row, form, nik)
    try:
        async with uow.conn.transaction():  # a savepoint
            version = await repository.change_person(uow.conn, change)
    except asyncpg.UniqueViolationError:  # registered since it was looked up
        return AlreadyStored(_TAKEN)
    await record_access(uow.conn, registrar.principal, "persons.correct", [person_id])
    data, aggregate = person_registered(change, version, row["origin_area"])
    uow.emit(data, of=aggregate, occurred_at=registrar.now)
    return _receipt(change, version, nik, row["household_id"])


async def _binding_refusal(
    registrar: Registrar, conn: Connection, row: asyncpg.Record, form: PersonCorrectionInput
) -> Problem | None:
    """Return the refusal of the NIK in a correction, or None.

    Where one is bound, every NIK is refused alike and compared with nothing: only `nik:match` says whether it is equal.
    """
    if form.nik is None:
        return None
    named = Named.of(registrar.vault, row["id"], form.nik)
    if row["nik_cipher"] is not None:
        await record_vain_access(conn, registrar.principal, _PROBE, "refused", named.asked)
        return Conflict(_BOUND)
    account = await registrar.lookups.account_of(conn, registrar.principal, [named.question])
    problem: Problem | None = None
    if not account.may_ask(named.question):
        problem = account.refuse(asked=named.asked)
    elif await repository.taken_persons(conn, [], named.nik_digests):
        account.note_conflict(named.question, named.asked)
        problem = AlreadyStored(_TAKEN)
    else:
        account.note_free(named.question)
    await account.record(conn, _PROBE)
    return problem


class _Admission:
    """Decides form by form, in their order, which persons may be stored.

    A form that names nothing is free. Any other is looked up while the account has look-ups left, and is refused
    without a look-up otherwise: an answer tells of a NIK, KK or id only what a look-up was spent on.
    """

    def __init__(self, vault: Vault, account: Account, households: Households, taken: set[UUID | bytes]) -> None:
        self._vault, self._taken = vault, taken
        self.account, self.households = account, households
        self._ids: set[UUID] = set()

    def refusal(self, form: PersonInput) -> Problem | None:
        """Return the refusal of a form, or None; an id of an earlier form is refused before anything is looked up."""
        named = _named(self._vault, form)
        if named.id is not None and named.id in self._ids:
            return repeated_id(named.id)
        if named.is_empty:
            return None
        if not self.account.may_ask(named.question):
            return self.account.refuse(asked=named.asked)
        if not self._taken.isdisjoint({named.id, *named.nik_digests}) or not self._admits_household(form):
            return self.lost(form)
        self.account.note_free(named.question)
        self._ids |= {named.id} if named.id is not None else set()
        self._taken |= set(named.nik_digests)
        return None

    def lost(self, form: PersonInput) -> AlreadyStored:
        """Return the refusal of a form that names something taken, and note it."""
        named = _named(self._vault, form)
        self.account.note_conflict(named.question, named.asked)
        return AlreadyStored(_TAKEN)

    def _admits_household(self, form: PersonInput) -> bool:
        return form.household is None or self.households.admit(form.household, form.home_area)


async def _admission(registrar: Registrar, conn: Connection, forms: Sequence[PersonInput]) -> _Admission:
    """Look up what the forms name, while the account may ask: ids and NIKs of any person, households of any area.

    All are looked up by the same statements, whatever they are and wherever they are held.
    """
    named = [each for each in (_named(registrar.vault, form) for form in forms) if not each.is_empty]
    account = await registrar.lookups.account_of(conn, registrar.principal, [each.question for each in named])
    named = [each for each in named if account.may_ask(each.question)]
    households = Households(registrar.vault, registrar.principal.areas)
    taken: set[UUID | bytes] = set()
    if named:
        ids, niks = [each.id for each in named if each.id], [digest for each in named for digest in each.nik_digests]
        taken = await repository.taken_persons(conn, ids, niks)
        await households.look_up(
            conn,
            [each.household_id for each in named if each.household_id],
            [digest for each in named for digest in each.kk_digests],
        )
    return _Admission(registrar.vault, account, households, taken)


def _new_person(vault: Vault, form: PersonInput, admission: _Admission) -> NewPerson | Problem:
    household_id = None
    if form.household is not None:
        household_id = admission.households.id_of(form.household)
        if household_id is None:
            return admission.lost(form)
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
        nik_index=nik.first,
        nik_index_2=nik.second,
        phone_key_id=phone.key_id if phone else None,
        phone_cipher=phone.content if phone else None,
        household_id=household_id,
        example_data=bool(form.nik and is_demonstration(form.nik)),
    )


async def _with_holders(
    registrar: Registrar,
    conn: Connection,
    forms: Sequence[PersonInput],
    outcomes: Sequence[PersonReceipt | Problem],
) -> list[PersonReceipt | Problem]:
    """Return the outcomes; a conflict names the person of the account's areas, for an account that may search."""
    conflicts = {
        at: _named(registrar.vault, forms[at])
        for at, outcome in enumerate(outcomes)
        if isinstance(outcome, AlreadyStored) and outcome.detail is _TAKEN
    }
    holders: dict[UUID | bytes, UUID] = {}
    if registrar.may_search and conflicts:
        ids = [named.id for named in conflicts.values() if named.id]
        niks = [digest for named in conflicts.values() for digest in named.nik_digests]
        for row in await repository.holders_of(conn, registrar.principal.areas, ids, niks):
            holders |= dict.fromkeys(row, row["id"])
    return [
        AlreadyStored(_TAKEN, conflicts[at].holder_among(holders)) if at in conflicts else outcome
        for at, outcome in enumerate(outcomes)
    ]


def _named(vault: Vault, form: PersonInput) -> Named:
    household_id, kk = (form.household.id, form.household.kk) if form.household is not None else (None, None)
    return Named.of(vault, form.id, form.nik, household_id, kk)


def _outcome(
    admission: _Admission, person: NewPerson | Problem, form: PersonInput, stored: set[UUID]
) -> PersonReceipt | Problem:
    if isinstance(person, AlreadyStored) and person.existing_id is not None and person.existing_id not in stored:
        return repeated_id(None)
    if isinstance(person, Problem):
        return person
    if person.id in stored:
        return _receipt(person, 1, form.nik, person.household_id)
    return admission.lost(form)


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
