"""Judging at a facility: the reporting day is the local one, and an instant must lie between birth and now."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta

import pytest

from ilp_screening.packs.loader import load_library
from ilp_screening.rules.contents import Packs
from ilp_screening.rules.engine import Setting, evaluate, evaluate_at
from ilp_screening.rules.errors import InvalidInputError
from ilp_screening.rules.models import Judgement, Subject
from ilp_shared.text import Text

BORN = date(2024, 3, 1)
BOY = Subject(sex="male", birth_date=BORN)
NOW = datetime(2025, 11, 22, 2, 0, tzinfo=UTC)
WEIGHED = {"weight_kg": 10.4}
MINUTE = timedelta(minutes=1)


def judged(at: datetime, *, zone: str = "Asia/Jakarta", observations: Mapping[str, object] = WEIGHED) -> Judgement:
    return evaluate_at(load_library(), BOY, Setting(zone, "13.76.01.1002", at), observations, NOW, None)


@pytest.mark.parametrize(
    ("zone", "day"), [("Asia/Jakarta", 31), ("Asia/Makassar", 31), ("Asia/Jayapura", 1), ("Pacific/Auckland", 1)]
)
def test_the_day_is_local_to_the_facility(packs: Packs, zone: str, day: int) -> None:
    judgement = judged(datetime(2025, 10, 31, 15, 30, tzinfo=UTC), zone=zone)
    assert judgement.day.day == day
    assert judgement.evaluation == evaluate(packs, BOY, judgement.day, WEIGHED)


def test_the_policy_names_each_pack_that_decided_once(packs: Packs) -> None:
    growth = {"weight_kg": 10.4, "length_height_cm": 84.8, "listless": True}
    assert judged(NOW, observations=growth).policy == "growth/2026.3+tb/2026.1"
    assert judged(NOW, observations=WEIGHED).policy == "growth/2026.3"
    assert judged(NOW, observations={"sbp": 120, "dbp": 80}).policy is None


def test_a_clock_may_be_ahead_by_ten_minutes(packs: Packs) -> None:
    assert judged(NOW + 10 * MINUTE).day == NOW.date()
    with pytest.raises(InvalidInputError) as refusal:
        judged(NOW + 10 * MINUTE + timedelta(microseconds=1))
    [problem] = refusal.value.problems
    assert (problem.pointer, problem.code) == ("/occurred_at", "in_the_future")
    assert problem.message == Text("Waktu skrining ada di masa depan.", "The time of the screening lies in the future.")


def test_an_instant_lies_not_before_the_local_day_of_birth(packs: Packs) -> None:
    midnight = datetime(2024, 2, 29, 17, 0, tzinfo=UTC)  # in Jakarta, 1 March begins
    assert judged(midnight).day == BORN
    with pytest.raises(InvalidInputError) as refusal:
        judged(midnight - MINUTE)
    [problem] = refusal.value.problems
    assert (problem.pointer, problem.code) == ("/occurred_at", "before_birth")
    assert problem.message == Text(
        "Waktu skrining mendahului tanggal lahir.", "The time of the screening is before the birth date."
    )


def test_impossible_values_are_refused_as_in_an_evaluation(packs: Packs) -> None:
    with pytest.raises(InvalidInputError, match="/observations/weight_kg: impossible_value"):
        judged(NOW, observations={"weight_kg": 4000})
