"""Events of screenings: what other services may know of them (no values, no identity)."""

from datetime import date

from ilp_screening.rules.case import Sex
from ilp_screening.screenings.schemas import Screening
from ilp_shared.bus.contract.envelope import Aggregate
from ilp_shared.events.screening.v1 import ScreeningCorrected, ScreeningRecorded, ScreeningVoided


def recorded(screening: Screening, sex: Sex, birth_date: date, facility_kind: str) -> ScreeningRecorded:
    """Return the event of version 1."""
    # Of each result the event takes the attributes that its own form has.
    content = {
        "screening_id": screening.id,
        "person_id": screening.person_id,
        "facility_id": screening.facility_id,
        "facility_kind": facility_kind,
        "facility_area": screening.facility_area,
        "open_day_id": screening.open_day_id,
        "home_area": screening.home_area,
        "sex": sex,
        "birth_month": birth_date.isoformat()[:7],
        "age_days": (screening.day - birth_date).days,
        "day": screening.day,
        "observed": tuple(sorted(screening.observations)),
        "results": screening.results,
        "performer_role": screening.performer.role,
    }
    return ScreeningRecorded.model_validate(content, from_attributes=True)


def corrected(screening: Screening, sex: Sex, birth_date: date, facility_kind: str, reason: str) -> ScreeningCorrected:
    """Return the event of a corrected version."""
    content = dict(recorded(screening, sex, birth_date, facility_kind))
    return ScreeningCorrected.model_validate({**content, "reason": reason})


def voided(screening: Screening, reason: str) -> ScreeningVoided:
    """Return the event that takes a screening out of every count."""
    return ScreeningVoided(
        screening_id=screening.id,
        person_id=screening.person_id,
        facility_id=screening.facility_id,
        home_area=screening.home_area,
        day=screening.day,
        reason=reason,
    )


def aggregate_of(screening: Screening) -> Aggregate:
    """Return what the events of a screening are about."""
    return Aggregate(
        screening.id,
        screening.version,
        home_area=screening.home_area,
        facility_id=screening.facility_id,
        policy_version=screening.policy,
    )
