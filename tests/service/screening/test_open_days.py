"""Open days: schedule, cancel, list; their events."""

import asyncio
from collections import Counter

import orjson

from ilp_shared.ids import new_id
from tests.service.screening.screening_api import OTHER_VILLAGE, VILLAGE, Json, ScreeningApi, facility


async def _open_day(api: ScreeningApi, day: str = "2026-03-05", **changes: object) -> Json:
    response = await api.post("/v1/open-days", {"facility_id": str(api.posyandu), "day": day, **changes})
    assert response.status_code == 201, response.text
    answer: Json = response.json()
    return answer


async def test_an_open_day_is_published_with_gap_free_versions(api: ScreeningApi) -> None:
    open_day_id = str(new_id())
    planned = await _open_day(api, id=open_day_id)
    assert (planned["id"], planned["version"], planned["facility_kind"], planned["facility_area"]) == (
        open_day_id,
        1,
        "posyandu",
        VILLAGE,
    )
    cancelled = await api.post(f"/v1/open-days/{open_day_id}/cancel", None)
    assert (cancelled.status_code, cancelled.json()["cancelled"], cancelled.json()["version"]) == (200, True, 2)
    assert (await api.post(f"/v1/open-days/{open_day_id}/cancel", None)).status_code == 409
    rows = await api.rows(
        "SELECT type, aggregate_version, key, data FROM event_log WHERE aggregate_id = $1 ORDER BY id", open_day_id
    )
    assert [(row["type"], row["aggregate_version"], row["key"]) for row in rows] == [
        ("ilp.screening.open-day-scheduled.v1", 1, "13.76"),
        ("ilp.screening.open-day-scheduled.v1", 2, "13.76"),
    ]
    assert [orjson.loads(row["data"])["cancelled"] for row in rows] == [False, True]


async def test_a_day_is_open_once_until_cancelled(api: ScreeningApi) -> None:
    body = {"facility_id": str(api.posyandu), "day": "2026-03-12"}
    responses = await asyncio.gather(*(api.post("/v1/open-days", body) for _ in range(5)))
    assert Counter(response.status_code for response in responses) == {201: 1, 409: 4}
    [first] = [response.json() for response in responses if response.status_code == 201]
    assert {response.json()["existing_id"] for response in responses if response.status_code == 409} == {first["id"]}
    await api.post(f"/v1/open-days/{first['id']}/cancel", None)
    assert (await _open_day(api, day="2026-03-12"))["id"] != first["id"]


async def test_scope_and_unknown_facilities(api: ScreeningApi) -> None:
    for facility_id in (api.other_posyandu, new_id()):
        response = await api.post("/v1/open-days", {"facility_id": str(facility_id), "day": "2026-03-05"})
        assert (response.status_code, response.json()["retryable"]) == (404, True)
    mine = await _open_day(api, day="2026-03-19")
    refused = await api.post(f"/v1/open-days/{mine['id']}/cancel", None, area=OTHER_VILLAGE)
    assert refused.status_code == 404
    assert (await api.post("/v1/open-days", {"facility_id": str(api.posyandu), "day": "19-03-2026"})).status_code == 422


async def test_areas_below_villages_are_one_whatever_the_case(api: ScreeningApi) -> None:
    place = facility(f"{VILLAGE}.rw03")
    await api.feed.apply(place)
    for day, area in (("2026-03-20", f"{VILLAGE}.rw03"), ("2026-03-21", f"{VILLAGE}.RW03")):
        planned = await api.post("/v1/open-days", {"facility_id": str(place.aggregate_id), "day": day}, area=area)
        assert (planned.status_code, planned.json()["facility_area"]) == (201, f"{VILLAGE}.RW03"), area


async def test_lists_by_area_and_day(api: ScreeningApi) -> None:
    place = facility("13.76.03.1001")
    await api.feed.apply(place)
    days = [f"2026-05-{day:02}" for day in (4, 11, 18)]
    made = [await _open_day(api, day=day, facility_id=str(place.aggregate_id)) for day in days]
    query = {"area": "13.76.03", "from_": "2026-05-01", "to": "2026-05-11", "count": "exact"}
    answer = (await api.get("/v1/open-days", **query)).json()
    assert (answer["items"], answer["total"]) == (made[:2], 2)
    first = (await api.get("/v1/open-days", area="13.76.03", limit=2)).json()
    second = (await api.get("/v1/open-days", area="13.76.03", limit=2, cursor=first["next"])).json()
    assert [*first["items"], *second["items"]] == made
    assert (await api.get("/v1/open-days", role="dinas", facility=place.aggregate_id)).json()["items"] == made
    assert (await api.get("/v1/open-days", area="13.76.03", role="kader")).status_code == 200
    assert (await api.get("/v1/open-days", **{**query, "area": "id"}, role="nurse")).json()["total"] == 2
    outside = await api.client.get(
        "/v1/open-days", params={"area": "13.76.03"}, headers=api.issuer.headers("kader", OTHER_VILLAGE)
    )
    assert outside.json()["items"] == []


async def test_a_screening_names_an_open_day_of_its_own_facility(api: ScreeningApi) -> None:
    other = facility(VILLAGE)
    await api.feed.apply(other)
    theirs = await _open_day(api, day="2026-07-01", facility_id=str(other.aggregate_id))
    response = await api.post("/v1/screenings", api.screening(open_day_id=theirs["id"]))
    assert (response.status_code, response.json()["errors"][0]["code"]) == (422, "other_facility")


async def test_a_refused_command_leaves_its_key_free(api: ScreeningApi) -> None:
    newcomer, key = facility(VILLAGE), str(new_id())
    body = {"facility_id": str(newcomer.aggregate_id), "day": "2026-08-06"}
    assert (await api.post("/v1/open-days", body, key=key)).status_code == 404
    await api.feed.apply(newcomer)
    again = await api.post("/v1/open-days", body, key=key)
    assert (again.status_code, again.headers.get("idempotent-replayed")) == (201, None)


async def test_a_commit_that_fails_is_not_answered_as_done(api: ScreeningApi) -> None:
    """Let the database refuse at the commit itself, when the route has already built its answer."""
    await api.as_owner(
        "CREATE FUNCTION screening.refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'no'; END $$;"
        "CREATE CONSTRAINT TRIGGER late AFTER INSERT ON screening.open_day DEFERRABLE INITIALLY DEFERRED"
        " FOR EACH ROW WHEN (NEW.day = '2026-09-03') EXECUTE FUNCTION screening.refuse()"
    )
    body, key = {"facility_id": str(api.posyandu), "day": "2026-09-03"}, str(new_id())
    try:
        failed = await api.post("/v1/open-days", body, key=key)
    finally:
        await api.as_owner("DROP FUNCTION screening.refuse CASCADE")
    assert (failed.status_code, failed.json()["type"]) == (500, "urn:ilp:problem:internal")
    assert not await api.rows("SELECT 1 FROM idempotency_key WHERE key = $1", key)
    assert (await api.post("/v1/open-days", body, key=key)).status_code == 201
