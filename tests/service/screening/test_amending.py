"""Corrections and voids: next version, history, events without gaps, refusals."""

import asyncio
from collections import Counter

import orjson

from ilp_shared.events.screening.v1 import ScreeningCorrected, ScreeningVoided
from ilp_shared.ids import new_id
from tests.service.screening.screening_api import OTHER_VILLAGE, VILLAGE, Json, ScreeningApi, person

THIN = {"weight_kg": 7.5, "length_height_cm": 84.8, "height_posture": "lying"}


def _correction(base_version: int = 1, **changes: object) -> Json:
    return {"base_version": base_version, "observations": THIN, "reason": "wrong_value", **changes}


async def _events(api: ScreeningApi, screening_id: str) -> list[tuple[int, str]]:
    rows = await api.rows(
        "SELECT aggregate_version, type FROM event_log WHERE aggregate_id = $1 ORDER BY id", screening_id
    )
    return [(row["aggregate_version"], row["type"].split(".")[2]) for row in rows]


async def test_a_correction_is_a_new_judged_version(api: ScreeningApi) -> None:
    first = await api.record()
    path = f"/v1/screenings/{first['id']}"
    response = await api.post(f"{path}/corrections", _correction(occurred_at="2025-10-31T23:00:00Z"), role="nurse")
    assert response.status_code == 201
    second = response.json()
    assert (second["version"], second["status"], second["day"]) == (2, "corrected", "2025-11-01")
    assert second["observations"] == THIN
    assert second["results"] != first["results"]
    assert (await api.get(path)).json() == second
    history = (await api.get(f"{path}/versions")).json()
    assert [version["content"] for version in history] == [first, second]
    assert [(v["reason"], v["role"]) for v in history] == [(None, "midwife"), ("wrong_value", "nurse")]
    [row] = await api.rows(
        "SELECT key, area_code, policy_version, data FROM event_log WHERE aggregate_id = $1 AND type = $2",
        first["id"],
        ScreeningCorrected.TYPE,
    )
    event = ScreeningCorrected.model_validate_json(row["data"])
    assert (event.reason, event.day.isoformat(), event.home_area) == ("wrong_value", "2025-11-01", VILLAGE)
    assert {fact.code: fact.z for fact in event.results} == {r["code"]: r["z"] for r in second["results"]}
    assert (row["key"], row["policy_version"]) == ("13.76", second["policy"])


async def test_a_void_ends_a_screening(api: ScreeningApi) -> None:
    first = await api.record()
    path = f"/v1/screenings/{first['id']}"
    await api.post(f"{path}/corrections", _correction())
    voided = await api.post(f"{path}/void", {"base_version": 2, "reason": "test_entry"})
    assert (voided.status_code, voided.json()["status"], voided.json()["version"]) == (200, "entered-in-error", 3)
    for action, body in (("corrections", _correction(3)), ("void", {"base_version": 3, "reason": "duplicate"})):
        again = await api.post(f"{path}/{action}", body)
        assert (again.status_code, again.json()["type"]) == (409, "urn:ilp:problem:conflict")
    assert await _events(api, first["id"]) == [(1, "recorded"), (2, "corrected"), (3, "voided")]
    [row] = await api.rows("SELECT data FROM event_log WHERE type = $1", ScreeningVoided.TYPE)
    assert orjson.loads(row["data"])["reason"] == "test_entry"


async def test_a_stale_base_is_refused_and_changes_nothing(api: ScreeningApi) -> None:
    first = await api.record()
    path = f"/v1/screenings/{first['id']}/corrections"
    stale = await api.post(path, _correction(2))
    assert (stale.status_code, stale.json()["type"]) == (409, "urn:ilp:problem:stale-version")
    assert stale.json()["current_version"] == 1
    impossible = await api.post(path, _correction(observations={"weight_kg": 4000}))
    assert impossible.json()["errors"][0]["pointer"] == "/observations/weight_kg"
    assert (await api.post(path, _correction(reason="salah ketik"))).status_code == 422
    assert await _events(api, first["id"]) == [(1, "recorded")]


async def test_a_repeated_correction_is_replayed(api: ScreeningApi) -> None:
    first = await api.record()
    path, key = f"/v1/screenings/{first['id']}/corrections", str(new_id())
    responses = [await api.post(path, _correction(), key=key) for _ in range(2)]
    assert [response.status_code for response in responses] == [201, 201]
    assert responses[0].content == responses[1].content
    assert responses[1].headers["idempotent-replayed"] == "true"
    assert await _events(api, first["id"]) == [(1, "recorded"), (2, "corrected")]


async def test_of_many_corrections_at_once_one_wins(api: ScreeningApi) -> None:
    first = await api.record()
    path = f"/v1/screenings/{first['id']}/corrections"
    responses = await asyncio.gather(*(api.post(path, _correction()) for _ in range(8)))
    assert Counter(response.status_code for response in responses) == {201: 1, 409: 7}
    assert await _events(api, first["id"]) == [(1, "recorded"), (2, "corrected")]


async def test_accounts_of_other_areas_see_nothing_to_amend(api: ScreeningApi) -> None:
    first = await api.record()
    path = f"/v1/screenings/{first['id']}"
    for target in (path, f"/v1/screenings/{new_id()}"):
        assert (await api.post(f"{target}/corrections", _correction(), area=OTHER_VILLAGE)).status_code == 404
        void = {"base_version": 1, "reason": "other"}
        assert (await api.post(f"{target}/void", void, area=OTHER_VILLAGE)).status_code == 404
    assert (await api.get(path)).json()["version"] == 1


async def test_a_correction_follows_the_screening_after_the_person_moved(api: ScreeningApi) -> None:
    boy = person(VILLAGE)
    await api.feed.apply(boy)
    first = await api.record(person_id=str(boy.aggregate_id))
    await api.feed.apply(person(VILLAGE, person_id=boy.aggregate_id, version=2, home=OTHER_VILLAGE))
    second = (await api.post(f"/v1/screenings/{first['id']}/corrections", _correction())).json()
    assert (second["version"], second["home_area"]) == (2, VILLAGE)
    rows = await api.rows("SELECT key, area_code FROM event_log WHERE aggregate_id = $1", first["id"])
    assert {(row["key"], row["area_code"]) for row in rows} == {("13.76", VILLAGE)}
