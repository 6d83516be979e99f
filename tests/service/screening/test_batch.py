"""Batches: each item gets its own result, in order; a day's upload is quick."""

import time

from ilp_shared.events.screening.v1 import ScreeningRecorded
from ilp_shared.ids import new_id
from tests.service.screening.screening_api import Json, ScreeningApi


def _item(api: ScreeningApi, **changes: object) -> Json:
    return {"idempotency_key": str(new_id()), **api.screening(**changes)}


async def test_each_item_gets_its_own_result(api: ScreeningApi) -> None:
    taken = await api.record(id=str(new_id()))
    good = _item(api, id=str(new_id()))
    items = [
        good,
        good,
        _item(api, person_id=str(new_id())),
        _item(api, observations={"weight_kg": 4000}),
        _item(api, id=taken["id"]),
        {**good, "occurred_at": "2025-11-20T02:00:00Z"},
        api.screening(),
        _item(api, colour="red"),
        _item(api),
    ]
    response = await api.post("/v1/screenings:batch", {"items": items})
    assert response.status_code == 200
    results = response.json()["results"]
    statuses = ["accepted", "duplicate", "rejected", "rejected", "conflict", *["rejected"] * 3, "accepted"]
    assert [result["status"] for result in results] == statuses
    assert [result["idempotency_key"] for result in results] == [item.get("idempotency_key") for item in items]
    absent = {"id": None, "version": None, "results": None, "not_evaluated": None}
    for result in results[2:8]:
        assert {**result, **absent} == result
    assert (results[0]["id"], results[0]["version"]) == (good["id"], 1)
    assert results[0]["results"][0]["code"] == "weight_for_age"
    assert results[1] == {**results[0], "status": "duplicate"}
    unknown, impossible, _, reused, keyless, coloured = (result["problem"] for result in results[2:8])
    assert (unknown["status"], unknown["retryable"], unknown["errors"][0]["pointer"]) == (404, True, "/person_id")
    assert (impossible["status"], impossible["errors"][0]["pointer"]) == (422, "/observations/weight_kg")
    assert reused["type"] == "urn:ilp:problem:idempotency-key-reused"
    assert keyless["errors"][0]["pointer"] == "/idempotency_key"
    assert coloured["errors"][0]["pointer"] == "/colour"


async def test_a_malformed_batch_is_refused_as_a_whole(api: ScreeningApi) -> None:
    malformed: list[object] = [{"items": []}, {"items": [_item(api)] * 501}, {"items": [1]}, []]
    for body in malformed:
        assert (await api.post("/v1/screenings:batch", body)).status_code == 422
    headers = api.issuer.headers("midwife", "13.76") | {"Content-Type": "application/json"}
    not_json = b'{"items": [{"observations": {"weight_kg": NaN}}]}'
    assert (await api.client.post("/v1/screenings:batch", content=not_json, headers=headers)).status_code == 422


async def test_five_hundred_items_are_quick_and_all_published(api: ScreeningApi) -> None:
    items = [
        _item(api, occurred_at=f"2025-{month:02}-{day:02}T02:00:00Z") for month in range(1, 11) for day in range(1, 29)
    ]
    items = [*items, *(_item(api, occurred_at="2025-10-30T02:00:00Z") for _ in range(500 - len(items)))]
    started = time.process_time()
    response = await api.post("/v1/screenings:batch", {"items": items})
    seconds = time.process_time() - started
    results = response.json()["results"]
    assert [result["status"] for result in results] == ["accepted"] * 500
    rows = await api.rows(
        "SELECT type FROM event_log WHERE aggregate_id = ANY($1) AND aggregate_version = 1", [r["id"] for r in results]
    )
    assert [row["type"] for row in rows] == [ScreeningRecorded.TYPE] * 500
    print(f"500 items in {seconds:.2f} s of CPU time")
    assert seconds < 2, "five times the usual cost"
