"""Judges a screening at its facility's local day; pure. Used when one is recorded and when it is corrected."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal
from uuid import UUID
from zoneinfo import ZoneInfo

from ilp_screening.evaluations.service import judge
from ilp_screening.packs.contents import Packs
from ilp_screening.refusals import invalid
from ilp_screening.rules.models import Evaluation, Subject
from ilp_shared.text import Text

_CLOCK_TOLERANCE = timedelta(minutes=10)
_FUTURE = Text("Waktu skrining ada di masa depan.", "The time of the screening lies in the future.")
_UNBORN = Text("Waktu skrining mendahului tanggal lahir.", "The time of the screening is before the birth date.")


@dataclass(frozen=True, slots=True)
class Person:
    """What rules and events need of a person."""

    id: UUID
    sex: Literal["male", "female"]
    birth_date: date
    home_area: str


@dataclass(frozen=True, slots=True)
class Facility:
    """What rules and events need of a facility."""

    id: UUID
    kind: str
    area_code: str
    timezone: str


@dataclass(frozen=True, slots=True)
class Judgement:
    """Reporting day, and what the packs say; `policy` names the packs that decided, None when none did."""

    day: date
    evaluation: Evaluation
    policy: str | None


def judge_at(
    packs: Packs,
    person: Person,
    facility: Facility,
    occurred_at: datetime,
    observations: Mapping[str, object],
    now: datetime,
) -> Judgement:
    """Return the judgement; raises InvalidInput for times ahead of `now` or before birth and for impossible values."""
    if occurred_at > now + _CLOCK_TOLERANCE:
        raise invalid("/occurred_at", "in_the_future", _FUTURE)
    day = occurred_at.astimezone(ZoneInfo(facility.timezone)).date()
    if day < person.birth_date:
        raise invalid("/occurred_at", "before_birth", _UNBORN)
    evaluation = judge(packs, Subject(sex=person.sex, birth_date=person.birth_date), day, observations)
    packs_used = dict.fromkeys(f"{r.policy.pack}/{r.policy.version}" for r in evaluation.results)
    return Judgement(day, evaluation, "+".join(packs_used) or None)
