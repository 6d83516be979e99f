"""Turns commands into drafts: scope, judgement, answer and event. Pure; called by the recorder for each group."""

from collections.abc import Sequence
from datetime import UTC
from uuid import UUID

from ilp_screening.packs.contents import Packs
from ilp_screening.refusals import invalid, unknown
from ilp_screening.screenings import facts
from ilp_screening.screenings.commands import Draft, Identity, Kept, RecordScreening, Surroundings
from ilp_screening.screenings.judging import Facility, Person, judge_at
from ilp_screening.screenings.models import FINAL
from ilp_screening.screenings.schemas import PerformerAnswer, ScreeningAnswer
from ilp_shared.problems import Conflict, Problem
from ilp_shared.text import Text

ID_TAKEN = Text(
    "Skrining dengan id ini sudah tercatat lewat kunci lain.",
    "A screening with this id was recorded under another key.",
)
_OTHER_FACILITY = Text("Hari buka itu milik fasilitas lain.", "That open day belongs to another facility.")


def draft_all(
    packs: Packs, commands: Sequence[RecordScreening], around: Sequence[Surroundings]
) -> list[Draft | Kept | Problem]:
    """Decide each command of a group; those that share a key share the draft of the first."""
    decisions: list[Draft | Kept | Problem] = []
    drafts: dict[Identity, Draft] = {}
    ids: set[UUID] = set()
    for command, known in zip(commands, around, strict=True):
        earlier = drafts.get(command.identity)
        if known.kept is not None:
            decisions.append(known.kept)
        elif earlier is not None:
            decisions.append(earlier)
        elif command.screening_id in ids:
            decisions.append(Conflict(ID_TAKEN))
        else:
            try:
                draft = _draft(packs, command, known)
            except Problem as problem:
                decisions.append(problem)
                continue
            drafts[command.identity] = draft
            ids.add(command.screening_id)
            decisions.append(draft)
    return decisions


def _draft(packs: Packs, command: RecordScreening, known: Surroundings) -> Draft:
    person, facility = _in_scope(command, known)
    request = command.request
    judged = judge_at(packs, person, facility, request.occurred_at, request.observations, command.received_at)
    role = request.performer.role if request.performer else command.principal.role
    answer = ScreeningAnswer(
        id=command.screening_id,
        version=1,
        status=FINAL,
        person_id=person.id,
        facility_id=facility.id,
        open_day_id=request.open_day_id,
        occurred_at=request.occurred_at.astimezone(UTC),
        day=judged.day,
        home_area=person.home_area,
        facility_area=facility.area_code,
        observations=dict(sorted(request.observations.items())),
        results=judged.evaluation.results,
        not_evaluated=judged.evaluation.not_evaluated,
        policy=judged.policy,
        performer=PerformerAnswer(role=role),
        recorded_at=command.received_at,
    )
    event = facts.recorded(answer, person, facility.kind, command.traceparent)
    return Draft(command, person, answer, answer.model_dump_json(), event)


def _in_scope(command: RecordScreening, known: Surroundings) -> tuple[Person, Facility]:
    """Return person and facility; what is foreign and what is not yet known get the same refusal."""
    principal, request = command.principal, command.request
    if known.facility is None or not principal.covers(known.facility.area_code):
        raise unknown("/facility_id")
    if known.person is None or not principal.covers(known.person.home_area):
        raise unknown("/person_id")
    if request.open_day_id is not None:
        if known.open_day is None or not principal.covers(known.open_day.facility_area):
            raise unknown("/open_day_id")
        if known.open_day.facility_id != request.facility_id:
            raise invalid("/open_day_id", "other_facility", _OTHER_FACILITY)
    return known.person, known.facility
