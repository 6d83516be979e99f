"""A second screening of the same person, day and questions is recorded, and its receipt names the first."""

import pytest

from ilp_shared.ids import new_id
from tests.service.screening.screening_api import CHILD, OTHER_VILLAGE, VILLAGE, Json, ScreeningApi, person

MORNING, EVENING = "2025-11-22T02:00:00Z", "2025-11-22T16:59:59Z"
NEXT_DAY = "2025-11-22T17:00:00Z"
"""Midnight of the facility, whose zone is Asia/Jakarta."""
COUGH = {"cough_ge_2w": False}


@pytest.fixture
async def child(api: ScreeningApi) -> str:
    """A child of VILLAGE without any screening."""
    event = person(VILLAGE)
    await api.feed.apply(event)
    return str(event.aggregate_id)


def duplicates(answer: Json) -> list[str]:
    """Return the ids that an answer's warnings name."""
    return [each["existing_id"] for each in answer["warnings"] if each["code"] == "possible_duplicate"]


async def test_the_receipt_names_the_screening_of_that_day(api: ScreeningApi, child: str) -> None:
    first = await api.record(person_id=child, occurred_at=MORNING)
    assert duplicates(first) == []
    assert all("existing_id" not in warning for warning in first["warnings"])
    second = await api.record(person_id=child, occurred_at=EVENING, observations={"weight_kg": 10.9})
    [warning] = [each for each in second["warnings"] if each["code"] == "possible_duplicate"]
    assert (warning["pointer"], warning["existing_id"]) == ("/person_id", first["id"])
    assert "sudah punya skrining" in warning["message"]["id"]
    assert "already has a screening" in warning["message"]["en"]
    assert (await api.get(f"/v1/screenings/{second['id']}")).json() == second
    assert duplicates(await api.record(person_id=child, occurred_at=MORNING)) == [second["id"]]


async def test_a_repeated_command_gets_its_first_receipt(api: ScreeningApi, child: str) -> None:
    first, second = (api.screening(person_id=child) for _ in range(2))
    key, other_key = str(new_id()), str(new_id())
    answers = [
        await api.post("/v1/screenings", first, key=key),
        await api.post("/v1/screenings", second, key=other_key),
    ]
    assert [duplicates(answer.json()) for answer in answers] == [[], [answers[0].json()["id"]]]
    again = [await api.post("/v1/screenings", first, key=key), await api.post("/v1/screenings", second, key=other_key)]
    assert [answer.text for answer in again] == [answer.text for answer in answers]


async def test_another_day_other_questions_and_other_people_are_no_duplicates(api: ScreeningApi, child: str) -> None:
    await api.record(person_id=child, occurred_at=MORNING)
    sibling = person(VILLAGE)
    await api.feed.apply(sibling)
    for changes in (
        {"occurred_at": NEXT_DAY},
        {"occurred_at": EVENING, "observations": COUGH},
        {"occurred_at": MORNING, "person_id": str(sibling.aggregate_id)},
    ):
        assert duplicates(await api.record(**({"person_id": child} | changes))) == []


async def test_a_voided_screening_is_no_duplicate(api: ScreeningApi, child: str) -> None:
    first = await api.record(person_id=child)
    answer = await api.post(f"/v1/screenings/{first['id']}/void", {"base_version": 1, "reason": "duplicate"})
    assert answer.is_success, answer.text
    assert duplicates(await api.record(person_id=child)) == []


async def test_what_lies_outside_the_account_is_not_named(api: ScreeningApi) -> None:
    moved = person(OTHER_VILLAGE)
    await api.feed.apply(moved)
    child = str(moved.aggregate_id)
    body = api.screening(person_id=child, facility_id=str(api.other_posyandu))
    assert (await api.post("/v1/screenings", body, area="17.05")).status_code == 201
    await api.feed.apply(person(OTHER_VILLAGE, person_id=moved.aggregate_id, version=2, home=VILLAGE))
    assert duplicates(await api.record(person_id=child)) == []


async def test_items_of_a_batch_see_each_other_and_what_came_before(api: ScreeningApi, child: str) -> None:
    first = await api.record(person_id=child, observations=CHILD | COUGH)
    items = [
        {"idempotency_key": str(new_id()), **api.screening(person_id=child, observations=observed)}
        for observed in (COUGH, {"weight_kg": 10.4}, {"weight_kg": 10.5})
    ]
    results = (await api.post("/v1/screenings:batch", {"items": items})).json()["results"]
    assert [result["status"] for result in results] == ["accepted"] * 3
    assert [duplicates(result) for result in results] == [[first["id"]], [first["id"]], [results[1]["id"]]]
