"""Records screenings by group commit: read once, judge, write once, for all commands that wait at the same time.

The same key sent many times at once becomes one record.
"""

import asyncio
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID

import asyncpg

from ilp_screening.copies.repository import Facility, Person
from ilp_screening.copies.service import unknown
from ilp_screening.evaluations.service import not_judgeable
from ilp_screening.recording import repository
from ilp_screening.recording.performer import performer_role
from ilp_screening.recording.repository import Context, Identity, Lookup, NewScreening, StoredKey
from ilp_screening.recording.schemas import ScreeningInput
from ilp_screening.rules.contents import Library
from ilp_screening.rules.engine import Setting, evaluate_at
from ilp_screening.rules.errors import InvalidInputError
from ilp_screening.rules.models import Subject
from ilp_screening.rules.repeats import Standing, possible_duplicates
from ilp_screening.screenings import events
from ilp_screening.screenings.schemas import FINAL, Performer, Screening
from ilp_shared.auth.principal import Principal
from ilp_shared.bus.archive.unit import Unit
from ilp_shared.problems import Conflict, InvalidInput, Problem, Unavailable
from ilp_shared.text import Text
from ilp_shared.tracing import current_traceparent
from ilp_shared.write.group_commit import GroupCommit
from ilp_shared.write.keys import in_progress, scope_text, settle, still_reached

_CREATED: Final = 201
_LATE: Final = Text(
    "Belum pasti tersimpan; kirim lagi dengan Idempotency-Key yang sama.",
    "It is not certain that it was stored; send it again with the same Idempotency-Key.",
)
_ID_TAKEN: Final = Text(
    "Skrining dengan id ini sudah tercatat lewat kunci lain.",
    "A screening with this id was recorded under another key.",
)
_OTHER_FACILITY: Final = Text("Hari buka itu milik fasilitas lain.", "That open day belongs to another facility.")


@dataclass(frozen=True, slots=True)
class RecordScreening:
    """One screening to record, whether it came alone or in a batch."""

    principal: Principal
    key: str
    request_hash: bytes
    screening_id: UUID
    content: ScreeningInput
    received_at: datetime
    oldest: timedelta
    """How long ago a screening may have been."""
    traceparent: str | None = field(default_factory=current_traceparent)
    """Trace of its request: the queue's writers have none."""

    @property
    def identity(self) -> Identity:
        """Account that sent it, and key."""
        return self.principal.subject, self.key

    @property
    def lookup(self) -> Lookup:
        """Ids by which the database finds its context."""
        content = self.content
        return Lookup(*self.identity, content.person_id, content.facility_id, content.open_day_id, content.occurred_at)


@dataclass(frozen=True, slots=True)
class Judged:
    """A screening as the rules judged it, ready to be stored and answered."""

    command: RecordScreening
    person: Person
    facility: Facility
    screening: Screening
    body: str

    @property
    def standing(self) -> Standing:
        """The screening as one that later commands of its group may repeat."""
        screening = self.screening
        return Standing(screening.id, screening.day, screening.home_area, frozenset(screening.observations))

    @property
    def row(self) -> NewScreening:
        """Row to store."""
        command, person, screening = self.command, self.person, self.screening
        return NewScreening(
            *command.identity,
            command.request_hash,
            scope_text(command.principal.areas),
            command.principal.role,
            self.body,
            screening.id,
            person.sex,
            person.birth_date,
            screening.policy,
        )


@dataclass(frozen=True, slots=True)
class Recorded:
    """A screening as it was first answered; `replayed` when its key had recorded it before."""

    screening: Screening
    body: str
    replayed: bool


Decision = Judged | StoredKey | Problem


class Recorder:
    """The hot path of the service; one per API process."""

    def __init__(self, pool: asyncpg.Pool, library: Library) -> None:
        self._library = library
        self._commits: GroupCommit[RecordScreening, Recorded] = GroupCommit(
            pool,
            self._execute,
            lambda command: command.principal.areas,
            traces=lambda command: command.traceparent,
        )

    async def record(self, command: RecordScreening, *, deadline_s: float) -> Recorded:
        """Return the record after its commit; raises the Problem that refuses it, Unavailable past the deadline."""
        try:
            async with asyncio.timeout(deadline_s):
                return await self._commits.submit(command)
        except TimeoutError:
            raise uncertain() from None

    async def close(self) -> None:
        """Finish what waits, then stop."""
        await self._commits.close()

    async def _execute(self, unit: Unit, commands: Sequence[RecordScreening]) -> list[Recorded | Problem]:
        try:
            contexts = await repository.read_contexts(unit.conn, [command.lookup for command in commands])
            decisions = judge_all(self._library, commands, contexts)
            judged = {one.command.identity: one for one in decisions if isinstance(one, Judged)}
            written, stored_keys = await repository.write(unit.conn, [one.row for one in judged.values()])
        except asyncpg.LockNotAvailableError:
            # Another process holds one of the keys: alone, its command is refused; in a group, each runs alone.
            raise in_progress() from None
        new = [one for identity, one in judged.items() if identity in written]
        for one in new:
            _emit(unit, one)
        firsts = await repository.first_versions(unit.conn, _earlier(decisions, stored_keys))
        firsts.update({one.screening.id: one.screening for one in new})
        return [
            _answer(command, decision, written, stored_keys, firsts)
            for command, decision in zip(commands, decisions, strict=True)
        ]


def uncertain() -> Unavailable:
    """Return the answer for a command of which it is unknown whether it was stored."""
    return Unavailable(_LATE, retry_after_s=2)


def judge_all(library: Library, commands: Sequence[RecordScreening], contexts: Sequence[Context]) -> list[Decision]:
    """Decide each command of a group; those that share a key share the judgement of the first."""
    decisions: list[Decision] = []
    judged: dict[Identity, Judged] = {}
    ids: set[UUID] = set()
    standing: defaultdict[UUID, list[Standing]] = defaultdict(list)
    for command, context in zip(commands, contexts, strict=True):
        earlier = context.stored_key or judged.get(command.identity)
        if earlier is not None:
            decisions.append(earlier)
        elif command.screening_id in ids:
            decisions.append(Conflict(_ID_TAKEN))
        else:
            try:
                decision = _judge(library, command, context, standing[command.content.person_id])
            except Problem as problem:
                decisions.append(problem)
                continue
            judged[command.identity] = decision
            standing[command.content.person_id].insert(0, decision.standing)
            ids.add(command.screening_id)
            decisions.append(decision)
    return decisions


def _judge(library: Library, command: RecordScreening, context: Context, group: Sequence[Standing]) -> Judged:
    """Judge a command; those of its `group` about the same person are not in the database yet."""
    person, facility = _in_scope(command, context)
    content, now = command.content, command.received_at
    role = performer_role(command.principal, content.performer)
    subject = Subject(sex=person.sex, birth_date=person.birth_date)
    try:
        setting = Setting(facility.timezone, facility.area_code, content.occurred_at)
        judgement = evaluate_at(library, subject, setting, content.observations, now, command.oldest)
    except InvalidInputError as error:
        raise not_judgeable(error) from None
    earlier = [*group, *(one for one in context.standing if command.principal.covers(one.home_area))]
    repeated = possible_duplicates(library.catalog.observations, judgement.day, content.observations, earlier)
    screening = Screening(
        id=command.screening_id,
        version=1,
        status=FINAL,
        person_id=person.person_id,
        facility_id=facility.facility_id,
        open_day_id=content.open_day_id,
        occurred_at=content.occurred_at.astimezone(UTC),
        day=judgement.day,
        home_area=person.home_area,
        facility_area=facility.area_code,
        observations=dict(sorted(content.observations.items())),
        results=judgement.evaluation.results,
        not_evaluated=judgement.evaluation.not_evaluated,
        summary=judgement.evaluation.summary,
        warnings=(*judgement.evaluation.warnings, *repeated),
        policy=judgement.policy,
        performer=Performer(role=role),
        recorded_at=now,
    )
    return Judged(command, person, facility, screening, screening.model_dump_json())


def _in_scope(command: RecordScreening, context: Context) -> tuple[Person, Facility]:
    """Return person and facility; ids outside the account's areas and ids not known here get the same refusal."""
    principal, content = command.principal, command.content
    person, facility, open_day = context.person, context.facility, context.open_day
    if facility is None or not principal.covers(facility.area_code):
        raise unknown("/facility_id", content.facility_id)
    if person is None or not principal.covers(person.home_area):
        raise unknown("/person_id", content.person_id)
    if content.open_day_id is not None:
        if open_day is None or not principal.covers(open_day.facility_area):
            raise unknown("/open_day_id", content.open_day_id)
        if open_day.facility_id != content.facility_id:
            raise InvalidInput.at("/open_day_id", "other_facility", _OTHER_FACILITY)
    return person, facility


def _emit(unit: Unit, judged: Judged) -> None:
    screening, person = judged.screening, judged.person
    unit.emit(
        events.recorded(screening, person.sex, person.birth_date, judged.facility.kind),
        of=events.aggregate_of(screening),
        occurred_at=screening.occurred_at,
        traceparent=judged.command.traceparent,
    )


def _earlier(decisions: Sequence[Decision], stored_keys: Mapping[Identity, StoredKey]) -> set[UUID]:
    """Return the screenings whose first answers are to be given again."""
    keys = (*stored_keys.values(), *(decision for decision in decisions if isinstance(decision, StoredKey)))
    return {key.screening_id for key in keys if key.screening_id is not None}


def _answer(
    command: RecordScreening,
    decision: Decision,
    written: set[Identity],
    stored_keys: Mapping[Identity, StoredKey],
    firsts: Mapping[UUID, Screening],
) -> Recorded | Problem:
    """Answer a command after the write: another process may have used its key, or its id may be taken.

    A repeated command gets the first answer, or the refusal of an unknown person if its account may not see them now.
    """
    if isinstance(decision, Judged):
        if command.identity in stored_keys:
            decision = stored_keys[command.identity]
        elif command.identity not in written:
            return Conflict(_ID_TAKEN)
        elif decision.command is command:
            return Recorded(decision.screening, decision.body, replayed=False)
        else:
            areas = scope_text(decision.command.principal.areas)
            decision = StoredKey(decision.command.request_hash, _CREATED, decision.screening.id, areas)
    if isinstance(decision, Problem):
        return decision
    reference = str(decision.screening_id) if decision.screening_id is not None else None
    reached = still_reached(command.principal, decision.areas)
    answer = settle(decision.request_hash, command.request_hash, decision.status, reference, reached=reached)
    if isinstance(answer, Problem):
        return answer
    first = firsts.get(UUID(answer.body))
    if first is None or not command.principal.covers(first.home_area):
        return unknown("/person_id", command.content.person_id)
    return Recorded(first, first.model_dump_json(), replayed=True)
