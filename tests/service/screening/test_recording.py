"""Recording one screening: answer, state, history, event; time, scope and refusals."""

import asyncio
from datetime import UTC, datetime, timedelta

import orjson
import pytest

from ilp_shared.events.screening.v1 import ScreeningRecorded
from ilp_shared.ids import new_id
from tests.service.screening.screening_api import (
    BORN,
    CHILD,
    OTHER_VILLAGE,
    VILLAGE,
    Json,
    ScreeningApi,
    facility,
    person,
)


async def test_a_screening_is_judged_stored_and_published(api: ScreeningApi) -> None:
    body = api.screening(id=str(new_id()), performer={"role": "midwife"})
    response = await api.post("/v1/screenings", body)
    assert response.status_code == 201
    assert response.headers["location"] == f"/v1/screenings/{body['id']}"
    answer = response.json()
    assert (answer["id"], answer["version"], answer["status"]) == (body["id"], 1, "final")
    assert answer["performer"] == {"role": "midwife"}
    codes = {result["code"]: result for result in answer["results"]}
    assert codes["weight_for_age"]["class"] == "normal_no_risk"
    assert codes["weight_for_age"]["policy"]["pack"] == "growth"
    assert {question["code"] for question in answer["not_evaluated"]} >= {"muac_for_age"}

    [row] = await api.rows("SELECT * FROM event_log WHERE aggregate_id = $1", answer["id"])
    assert (row["type"], row["aggregate_version"], row["area_code"]) == ("ilp.screening.recorded.v1", 1, VILLAGE)
    assert (row["key"], row["facility_id"]) == ("13.76", api.posyandu)
    assert row["policy_version"] == answer["policy"]
    assert answer["policy"].startswith("growth/")
    assert row["traceparent"].startswith("00-")
    event = ScreeningRecorded.model_validate_json(row["data"])
    assert event.birth_month == BORN.isoformat()[:7]
    assert event.observed == ("height_posture", "length_height_cm", "weight_kg")
    assert {fact.code: fact.z for fact in event.results} == {code: result["z"] for code, result in codes.items()}
    assert [action.code for action in event.results[0].actions] == [a["code"] for a in answer["results"][0]["actions"]]
    assert "10.4" not in row["data"]

    assert (await api.get(f"/v1/screenings/{answer['id']}")).json() == answer
    [version] = (await api.get(f"/v1/screenings/{answer['id']}/versions")).json()
    assert version["content"] == answer
    assert version["reason"] is None


async def test_events_carry_the_trace_of_their_request(api: ScreeningApi) -> None:
    trace = "0af7651916cd43dd8448eb211c80319c"
    headers = {"traceparent": f"00-{trace}-b7ad6b7169203331-01"}

    async def post(path: str, body: Json) -> Json:
        own = api.issuer.headers("midwife", "13.76")
        response = await api.client.post(path, json=body, headers=own | headers)
        assert response.is_success, response.text
        answer: Json = response.json()
        return answer

    first = await post("/v1/screenings", api.screening())
    batch = await post("/v1/screenings:batch", {"items": [{"idempotency_key": str(new_id()), **api.screening()}]})
    change = {"base_version": 1, "reason": "wrong_value", "observations": {"weight_kg": 11}}
    await post(f"/v1/screenings/{first['id']}/corrections", change)
    planned = await post("/v1/open-days", {"facility_id": str(api.posyandu), "day": "2026-10-01"})
    ids = [first["id"], batch["results"][0]["id"], planned["id"]]
    rows = await api.rows("SELECT traceparent FROM event_log WHERE aggregate_id = ANY($1)", ids)
    assert [row["traceparent"].split("-")[1] for row in rows] == [trace] * 4


async def test_the_role_of_the_account_replaces_a_missing_performer(api: ScreeningApi) -> None:
    assert (await api.record())["performer"] == {"role": "midwife"}


async def test_the_reporting_day_is_local_to_the_facility(api: ScreeningApi) -> None:
    at = "2026-01-31T15:30:00Z"
    west = await api.record(occurred_at=at)
    body = api.screening(occurred_at=at, facility_id=str(api.east_posyandu), person_id=str(api.east_child))
    east = (await api.post("/v1/screenings", body, area="91")).json()
    assert west["day"] == "2026-01-31"
    assert east["day"] == "2026-02-01"
    assert west["occurred_at"] == east["occurred_at"] == at


async def test_a_late_upload_keeps_its_day(api: ScreeningApi) -> None:
    last_month = datetime.now(UTC) - timedelta(days=40)
    answer = await api.record(occurred_at=last_month.isoformat())
    [row] = await api.rows("SELECT data, occurred_at FROM event_log WHERE aggregate_id = $1", answer["id"])
    assert row["occurred_at"] == last_month
    assert orjson.loads(row["data"])["day"] == answer["day"]
    assert answer["day"] < (datetime.now(UTC) - timedelta(days=38)).date().isoformat()


@pytest.mark.parametrize(
    ("changes", "pointer", "code"),
    [
        ({"occurred_at": (datetime.now(UTC) + timedelta(hours=2)).isoformat()}, "/occurred_at", "in_the_future"),
        ({"occurred_at": "2024-02-28T03:00:00Z"}, "/occurred_at", "before_birth"),
        ({"occurred_at": "2026-01-02T03:00:00"}, "/occurred_at", "timezone_aware"),
        ({"occurred_at": 1_767_000_000}, "/occurred_at", "datetime_from_date_parsing"),
        ({"observations": {}}, "/observations", "too_short"),
        ({"observations": {"weight_kg": 4000}}, "/observations/weight_kg", "impossible_value"),
        ({"observations": {"weight_kg": "10"}}, "/observations/weight_kg", "not_a_number"),
        ({"observations": {"shoe_size": 30}}, "/observations/shoe_size", "unknown_observation"),
        ({"note": "teks bebas"}, "/note", "extra_forbidden"),
    ],
)
async def test_what_cannot_be_is_refused_with_a_pointer(
    api: ScreeningApi, changes: dict[str, object], pointer: str, code: str
) -> None:
    key = str(new_id())
    response = await api.post("/v1/screenings", api.screening(**changes), key=key)
    assert response.status_code == 422
    assert [(e["pointer"], e["code"]) for e in response.json()["errors"]] == [(pointer, code)]
    assert not await api.rows("SELECT 1 FROM idempotency_key WHERE key = $1", key)


async def test_unknown_subjects_and_those_of_other_areas_get_the_same_refusal_worth_a_retry(api: ScreeningApi) -> None:
    for field, stranger in (
        ("person_id", new_id()),
        ("person_id", api.other_child),
        ("facility_id", new_id()),
        ("facility_id", api.other_posyandu),
        ("open_day_id", new_id()),
    ):
        response = await api.post("/v1/screenings", api.screening(**{field: str(stranger)}))
        problem = response.json()
        assert (response.status_code, problem["retryable"], problem["retry_after_s"]) == (404, True, 2)
        assert response.headers["retry-after"] == "2"
        assert [e["pointer"] for e in problem["errors"]] == [f"/{field}"]
        assert problem["detail"].startswith("Belum dikenal di sini")


async def test_a_shared_commit_shares_no_areas(api: ScreeningApi) -> None:
    """Commands of two accounts wait together and share a transaction: its areas are both, each account's its own."""
    own, other = api.screening(), api.screening(person_id=str(api.other_child))
    sent = [
        api.post("/v1/screenings", body, area=area)
        for _ in range(20)
        for body, area in ((own, VILLAGE), (other, VILLAGE), (other, OTHER_VILLAGE))
    ]
    statuses = [answer.status_code for answer in await asyncio.gather(*sent)]
    assert statuses[0::3] == [201] * 20
    assert statuses[1::3] == [404] * 20
    assert statuses[2::3] == [404] * 20  # the facility is not theirs


async def test_a_retry_succeeds_once_the_person_has_arrived(api: ScreeningApi) -> None:
    newcomer = person(VILLAGE)
    body, key = api.screening(person_id=str(newcomer.aggregate_id)), str(new_id())
    assert (await api.post("/v1/screenings", body, key=key)).status_code == 404
    await api.feed.apply(newcomer)
    response = await api.post("/v1/screenings", body, key=key)
    assert response.status_code == 201
    assert "idempotent-replayed" not in response.headers


async def test_a_kader_records_only_in_her_own_village(api: ScreeningApi) -> None:
    assert (await api.post("/v1/screenings", api.screening(), role="kader", area=VILLAGE)).status_code == 201
    assert (await api.post("/v1/screenings", api.screening(), role="kader", area=OTHER_VILLAGE)).status_code == 404
    no_code = await api.post("/v1/screenings", api.screening(), role="kader", area=VILLAGE[:-1])
    assert no_code.status_code == 401, "a token that names no area code is no token"
    assert (await api.post("/v1/screenings", api.screening(), role="dinas")).status_code == 403
    assert (await api.client.post("/v1/screenings", json=api.screening())).status_code == 401


async def test_an_id_is_taken_once(api: ScreeningApi) -> None:
    body = api.screening(id=str(new_id()))
    assert (await api.post("/v1/screenings", body)).status_code == 201
    key = str(new_id())
    again = await api.post("/v1/screenings", body, key=key)
    assert (again.status_code, again.json()["type"]) == (409, "urn:ilp:problem:conflict")
    assert len(await api.rows("SELECT 1 FROM event_log WHERE aggregate_id = $1", body["id"])) == 1
    assert not await api.rows("SELECT 1 FROM idempotency_key WHERE key = $1", key)


async def test_redelivered_and_older_registry_events_change_nothing(api: ScreeningApi) -> None:
    boy, place = person(VILLAGE), facility(VILLAGE)
    first = await api.feed.apply(boy, place)
    moved = person(VILLAGE, person_id=boy.aggregate_id, version=2, home="13.76.02.1003")
    stale = person(VILLAGE, person_id=boy.aggregate_id, version=1)
    await api.feed.apply(moved)
    before = await api.rows("SELECT * FROM person_copy WHERE person_id = $1", boy.aggregate_id)
    assert (before[0]["home_area"], before[0]["version"]) == ("13.76.02.1003", 2)
    assert not await api.feed.redeliver(first)
    await api.feed.apply(stale)
    assert await api.rows("SELECT * FROM person_copy WHERE person_id = $1", boy.aggregate_id) == before


async def test_the_answer_says_what_to_tell_the_family_and_what_to_measure_again(api: ScreeningApi) -> None:
    good = await api.record(occurred_at="2025-11-19T02:00:00Z")
    assert (good["summary"]["colour"], good["warnings"]) == ("green", [])
    heavy = await api.record(occurred_at="2025-11-20T02:00:00Z", observations={**CHILD, "weight_kg": 91})
    assert heavy["summary"]["colour"] == "grey"
    assert [(each["pointer"], each["code"]) for each in heavy["warnings"]] == [
        ("/observations/weight_kg", "implausible")
    ]
    weight = next(result for result in heavy["results"] if result["code"] == "weight_for_age")
    assert (weight["label"]["id"], weight["category"], weight["class"]) == ("Ukur ulang", None, None)
    assert (await api.get(f"/v1/screenings/{heavy['id']}")).json() == heavy
    batch = {"items": [{"idempotency_key": str(new_id()), **api.screening(observations={"weight_kg": 91})}]}
    (result,) = (await api.post("/v1/screenings:batch", batch)).json()["results"]
    assert (result["summary"]["colour"], result["warnings"][0]["code"]) == ("grey", "implausible")
