"""Reads screenings, corrects and voids them: the next version, with its event, in the unit of work of the command.

Every read is audited in its own transaction. A change locks the row first, so that versions and events of one
screening are gap-free and in order.
"""

from datetime import date, datetime
from typing import Final, cast
from uuid import UUID

from ilp_screening.copies.repository import facility_of, person_of
from ilp_screening.copies.service import unknown
from ilp_screening.evaluations.service import not_judgeable
from ilp_screening.rules.case import Sex
from ilp_screening.rules.contents import Library
from ilp_screening.rules.engine import Setting, evaluate_at
from ilp_screening.rules.errors import InvalidInputError
from ilp_screening.rules.models import Subject
from ilp_screening.screenings import events, repository
from ilp_screening.screenings.models import ScreeningRow, ScreeningVersionRow
from ilp_screening.screenings.schemas import (
    CORRECTED,
    VOIDED,
    CorrectionInput,
    Screening,
    ScreeningQuery,
    ScreeningVersion,
    VoidInput,
)
from ilp_screening.settings import oldest_entry
from ilp_shared.auth.principal import Principal
from ilp_shared.db.audit import record_access
from ilp_shared.http.guard import absent
from ilp_shared.http.paging import Page, page_of
from ilp_shared.http.resources import Resources
from ilp_shared.http.submissions import Command
from ilp_shared.problems import Conflict, InvalidInput, StaleVersion
from ilp_shared.text import Text
from ilp_shared.write.uow import open_uow

_NO_FILTER: Final = Text("Sebutkan person, facility, atau open_day.", "Name a person, facility or open_day.")
_VOIDED: Final = Text("Skrining ini sudah dibatalkan.", "This screening was voided.")
_STALE: Final = Text(
    "Skrining ini sudah berubah; muat versi terbaru, lalu ulangi.",
    "This screening has changed; load its newest version and try again.",
)


async def page(resources: Resources, principal: Principal, query: ScreeningQuery) -> Page[Screening]:
    """Return one page of screenings, newest first; raises InvalidInput without a filter."""
    if query.person is None and query.facility is None and query.open_day is None:
        raise InvalidInput.at("/query/person", "missing", _NO_FILTER)
    cursor = query.after(datetime, UUID)
    async with open_uow(resources.database, principal.areas) as uow:
        rows = await repository.page(uow.session, principal.areas, query, cursor)
        total = await repository.number_of(uow.session, principal.areas, query) if query.count else None
        items, next_cursor = page_of(rows, query.limit, lambda row: (row.occurred_at, row.id))
        await record_access(uow.conn, principal, "screenings.list", [row.person_id for row in items])
    return Page(items=[_screening(row) for row in items], next=next_cursor, total=total)


async def one(resources: Resources, principal: Principal, screening_id: UUID) -> Screening:
    """Return the current state of a screening; raises NotFound."""
    async with open_uow(resources.database, principal.areas) as uow:
        row = await repository.screening_of(uow.session, screening_id, principal.areas)
        if row is None:
            raise absent()
        await record_access(uow.conn, principal, "screenings.read", [row.person_id])
    return _screening(row)


async def versions(resources: Resources, principal: Principal, screening_id: UUID) -> list[ScreeningVersion]:
    """Return the history of a screening, first version first; raises NotFound."""
    async with open_uow(resources.database, principal.areas) as uow:
        rows = await repository.versions_of(uow.session, screening_id, principal.areas)
        if not rows:
            raise absent()
        history = [ScreeningVersion.model_validate(row) for row in rows]
        await record_access(uow.conn, principal, "screenings.history", [history[0].content.person_id])
    return history


async def correct(cmd: Command, library: Library, screening_id: UUID, content: CorrectionInput) -> Screening:
    """Replace the content, judged by the packs in force on its day; raises NotFound, Conflict, InvalidInput."""
    row = await _locked(cmd, screening_id, content.base_version)
    facility = await facility_of(cmd.uow.conn, row.facility_id)
    if facility is None:
        raise unknown("/facility_id", row.facility_id)
    sex, birth_date = await _sex_and_birth_date(cmd, row)
    occurred_at, now = content.occurred_at or row.occurred_at, cmd.now
    moved = content.occurred_at is not None and content.occurred_at != row.occurred_at
    oldest = oldest_entry(cmd.resources.settings) if moved else None
    subject = Subject(sex=sex, birth_date=birth_date)
    try:
        setting = Setting(facility.timezone, facility.area_code, occurred_at)
        judgement = evaluate_at(library, subject, setting, content.observations, now, oldest)
    except InvalidInputError as error:
        raise not_judgeable(error) from None
    row.status, row.version, row.recorded_at = CORRECTED, row.version + 1, now
    row.occurred_at, row.day, row.policy = occurred_at, judgement.day, judgement.policy
    row.sex, row.birth_date = sex, birth_date
    row.observations = content.observations
    evaluation = judgement.evaluation.model_dump(mode="json")
    row.results, row.not_evaluated = evaluation["results"], evaluation["not_evaluated"]
    row.summary, row.warnings = evaluation["summary"], evaluation["warnings"]
    screening = _add_version(cmd, row, content.reason)
    event = events.corrected(screening, sex, birth_date, facility.kind, content.reason)
    cmd.uow.emit(event, of=events.aggregate_of(screening), occurred_at=occurred_at)
    return screening


async def void(cmd: Command, screening_id: UUID, content: VoidInput) -> Screening:
    """Mark a screening as entered in error; raises NotFound, Conflict."""
    row = await _locked(cmd, screening_id, content.base_version)
    row.status, row.version, row.recorded_at = VOIDED, row.version + 1, cmd.now
    screening = _add_version(cmd, row, content.reason)
    event = events.voided(screening, content.reason)
    cmd.uow.emit(event, of=events.aggregate_of(screening), occurred_at=screening.occurred_at)
    return screening


async def _locked(cmd: Command, screening_id: UUID, base_version: int) -> ScreeningRow:
    row = await repository.screening_of(cmd.uow.session, screening_id, cmd.principal.areas, lock=True)
    if row is None or not cmd.principal.covers(row.facility_area):
        raise absent()
    if row.status == VOIDED:
        raise Conflict(_VOIDED)
    if row.version != base_version:
        raise StaleVersion(_STALE, row.version)
    return row


async def _sex_and_birth_date(cmd: Command, row: ScreeningRow) -> tuple[Sex, date]:
    """Return them as the registry knows them now, or as judged before if the person left this account's areas."""
    person = await person_of(cmd.uow.conn, row.person_id)
    return (person.sex, person.birth_date) if person is not None else (cast(Sex, row.sex), row.birth_date)


def _add_version(cmd: Command, row: ScreeningRow, reason: str) -> Screening:
    screening = _screening(row)
    version = ScreeningVersionRow(
        id=row.id,
        version=row.version,
        home_area=row.home_area,
        content=screening.model_dump(mode="json"),
        reason=reason,
        subject=cmd.principal.subject,
        role=cmd.principal.role,
        recorded_at=row.recorded_at,
    )
    cmd.uow.session.add(version)
    return screening


def _screening(row: ScreeningRow) -> Screening:
    return Screening.model_validate({**row.model_dump(), "performer": {"role": row.performer_role}})
