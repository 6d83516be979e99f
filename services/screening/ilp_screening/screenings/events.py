"""Builds the events of a screening: what other services may know of it (no values, no identity)."""

from datetime import date
from typing import Literal

from ilp_screening.screenings.judging import Person
from ilp_screening.screenings.schemas import ScreeningAnswer
from ilp_shared.bus.contract.envelope import NewEvent
from ilp_shared.events.base import EventData
from ilp_shared.events.screening.v1 import ScreeningCorrected, ScreeningRecorded, ScreeningVoided


def recorded(answer: ScreeningAnswer, person: Person, facility_kind: str, traceparent: str) -> NewEvent:
    """Return the event of version 1."""
    return _event(answer, _content(answer, person.sex, person.birth_date, facility_kind), traceparent)


def corrected(answer: ScreeningAnswer, person: Person, facility_kind: str, traceparent: str, reason: str) -> NewEvent:
    """Return the event of a corrected version."""
    content = _content(answer, person.sex, person.birth_date, facility_kind)
    return _event(answer, ScreeningCorrected.model_validate({**dict(content), "reason": reason}), traceparent)


def voided(answer: ScreeningAnswer, traceparent: str, reason: str) -> NewEvent:
    """Return the event that takes a screening out of every count."""
    data = ScreeningVoided(
        screening_id=answer.id,
        person_id=answer.person_id,
        facility_id=answer.facility_id,
        home_area=answer.home_area,
        day=answer.day,
        reason=reason,
    )
    return _event(answer, data, traceparent)


def _content(
    answer: ScreeningAnswer, sex: Literal["male", "female"], birth_date: date, facility_kind: str
) -> ScreeningRecorded:
    # Of each result the event takes the attributes that its own form has.
    content = {
        "screening_id": answer.id,
        "person_id": answer.person_id,
        "facility_id": answer.facility_id,
        "facility_kind": facility_kind,
        "facility_area": answer.facility_area,
        "open_day_id": answer.open_day_id,
        "home_area": answer.home_area,
        "sex": sex,
        "birth_month": birth_date.isoformat()[:7],
        "age_days": (answer.day - birth_date).days,
        "day": answer.day,
        "observed": tuple(sorted(answer.observations)),
        "results": answer.results,
        "performer_role": answer.performer.role,
    }
    return ScreeningRecorded.model_validate(content, from_attributes=True)


def _event(answer: ScreeningAnswer, data: EventData, traceparent: str) -> NewEvent:
    return NewEvent(
        data=data,
        aggregate_id=answer.id,
        aggregate_version=answer.version,
        home_area=answer.home_area,
        area_code=answer.home_area,
        occurred_at=answer.occurred_at,
        facility_id=answer.facility_id,
        policy_version=answer.policy,
        traceparent=traceparent,
    )
