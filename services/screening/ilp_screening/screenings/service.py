"""Corrects and voids screenings: the next version, with its event, in the unit of work of the command.

The row lock comes first, so that versions and events of one screening are gap-free and in order.
"""

from typing import Literal, cast
from uuid import UUID

from ilp_screening.copies.repository import facility_of, person_of
from ilp_screening.packs.contents import Packs
from ilp_screening.refusals import unknown
from ilp_screening.screenings import facts
from ilp_screening.screenings.answers import answer_of
from ilp_screening.screenings.judging import Facility, Person, judge_at
from ilp_screening.screenings.models import CORRECTED, VOIDED, Screening, ScreeningVersion
from ilp_screening.screenings.repository import screening_of
from ilp_screening.screenings.schemas import CorrectionRequest, ScreeningAnswer, VoidRequest
from ilp_shared.http.guard import absent
from ilp_shared.http.submissions import Command
from ilp_shared.problems import Conflict, StaleVersion
from ilp_shared.text import Text

_VOIDED = Text("Skrining ini sudah dibatalkan.", "This screening was voided.")
_STALE = Text(
    "Skrining ini sudah berubah; muat versi terbaru, lalu ulangi.",
    "This screening has changed; load its newest version and try again.",
)


async def correct(
    cmd: Command, packs: Packs, screening_id: UUID, request: CorrectionRequest, traceparent: str
) -> ScreeningAnswer:
    """Replace the content by a corrected one, judged by the packs in force; raises NotFound, Conflict, InvalidInput."""
    row = await _open(cmd, screening_id, request.base_version)
    person, facility = await _person(cmd, row), await _facility(cmd, row)
    occurred_at = request.occurred_at or row.occurred_at
    now = cmd.resources.clock.now()
    judged = judge_at(packs, person, facility, occurred_at, request.observations, now)
    row.status, row.version, row.recorded_at = CORRECTED, row.version + 1, now
    row.occurred_at, row.day, row.policy = occurred_at, judged.day, judged.policy
    row.sex, row.birth_date = person.sex, person.birth_date
    row.observations = request.observations
    row.results = [result.model_dump(mode="json") for result in judged.evaluation.results]
    row.not_evaluated = [question.model_dump(mode="json") for question in judged.evaluation.not_evaluated]
    answer = _keep(cmd, row, request.reason)
    cmd.uow.emit(facts.corrected(answer, person, facility.kind, traceparent, request.reason))
    return answer


async def void(cmd: Command, screening_id: UUID, request: VoidRequest, traceparent: str) -> ScreeningAnswer:
    """Mark a screening as entered in error; raises NotFound, Conflict."""
    row = await _open(cmd, screening_id, request.base_version)
    row.status, row.version, row.recorded_at = VOIDED, row.version + 1, cmd.resources.clock.now()
    answer = _keep(cmd, row, request.reason)
    cmd.uow.emit(facts.voided(answer, traceparent, request.reason))
    return answer


async def _open(cmd: Command, screening_id: UUID, base_version: int) -> Screening:
    row = await screening_of(cmd.uow.session, screening_id, cmd.principal.areas, lock=True)
    if row is None or not cmd.principal.covers(row.facility_area):
        raise absent()
    if row.status == VOIDED:
        raise Conflict(_VOIDED)
    if row.version != base_version:
        raise StaleVersion(_STALE)
    return row


async def _person(cmd: Command, row: Screening) -> Person:
    """Return the person as known now, or as judged before if they have moved out of this account's areas."""
    copy = await person_of(cmd.uow.session, row.person_id)
    sex, birth_date = (copy.sex, copy.birth_date) if copy else (row.sex, row.birth_date)
    return Person(row.person_id, cast(Literal["male", "female"], sex), birth_date, row.home_area)


async def _facility(cmd: Command, row: Screening) -> Facility:
    copy = await facility_of(cmd.uow.session, row.facility_id)
    if copy is None:
        raise unknown("/facility_id")
    return Facility(copy.facility_id, copy.kind, row.facility_area, copy.timezone)


def _keep(cmd: Command, row: Screening, reason: str) -> ScreeningAnswer:
    answer = answer_of(row)
    version = ScreeningVersion(
        id=row.id,
        version=row.version,
        home_area=row.home_area,
        content=answer.model_dump(mode="json"),
        reason=reason,
        subject=cmd.principal.subject,
        role=cmd.principal.role,
        recorded_at=row.recorded_at,
    )
    cmd.uow.session.add(version)
    return answer
