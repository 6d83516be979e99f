"""One key, one record: repeated, at once, alone or in a batch, in one process or in two."""

import asyncio
import json
from collections import Counter

from ilp_screening.service import SERVICE
from ilp_shared.ids import new_id
from tests.service.screening.screening_api import A_CENTURY, OTHER_VILLAGE, ScreeningApi
from tests.support.api import open_api
from tests.support.waiting import eventually

FAR_BACK = {"back_entry_days": str(A_CENTURY)}


async def _records(api: ScreeningApi, screening_id: str) -> tuple[int, int, int]:
    tables = ("screening WHERE id", "screening_version WHERE id", "event_log WHERE aggregate_id")
    counts = [(await api.rows(f"SELECT count(*) AS n FROM {table} = $1", screening_id))[0]["n"] for table in tables]
    return counts[0], counts[1], counts[2]


async def test_the_same_key_gets_the_same_answer(api: ScreeningApi) -> None:
    body, key = api.screening(), str(new_id())
    first = await api.post("/v1/screenings", body, key=key)
    second = await api.post("/v1/screenings", dict(reversed(body.items())), key=key)
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.content == second.content
    assert "idempotent-replayed" not in first.headers
    assert second.headers["idempotent-replayed"] == "true"
    assert await _records(api, first.json()["id"]) == (1, 1, 1)


async def test_a_key_holds_for_one_body_and_one_account(api: ScreeningApi) -> None:
    key = str(new_id())
    first = await api.post("/v1/screenings", api.screening(), key=key)
    other = await api.post("/v1/screenings", api.screening(occurred_at="2025-11-21T02:00:00Z"), key=key)
    assert (other.status_code, other.json()["type"]) == (422, "urn:ilp:problem:idempotency-key-reused")
    stranger = await api.post("/v1/screenings", api.screening(), key=key, role="nurse")
    assert stranger.status_code == 201
    assert stranger.json()["id"] != first.json()["id"]
    headers = api.issuer.headers("midwife", "13.76") | {"Idempotency-Key": ""}
    missing = await api.client.post("/v1/screenings", json=api.screening(), headers=headers)
    assert (missing.status_code, missing.json()["type"]) == (422, "urn:ilp:problem:idempotency-key-missing")


async def test_fifty_at_once_through_two_processes_become_one_record(api: ScreeningApi) -> None:
    body, key = api.screening(), str(new_id())
    async with open_api(SERVICE, api.urls, api.issuer, **FAR_BACK) as other:
        headers = api.issuer.headers("midwife", "13.76", key=key)
        clients = [api.client, other.client] * 25
        responses = await asyncio.gather(*(c.post("/v1/screenings", json=body, headers=headers) for c in clients))
    statuses = Counter(response.status_code for response in responses)
    assert set(statuses) <= {201, 409}
    answers = [response for response in responses if response.status_code == 201]
    assert len({response.content for response in answers}) == 1
    assert sum("idempotent-replayed" not in response.headers for response in answers) == 1
    assert await _records(api, answers[0].json()["id"]) == (1, 1, 1)


async def test_who_was_a_moment_late_gets_the_first_answer(api: ScreeningApi) -> None:
    body, key = api.screening(id=str(new_id())), str(new_id())  # an id of the device's: both judge the same screening
    headers = api.issuer.headers("midwife", "13.76", key=key)
    async with (
        open_api(SERVICE, api.urls, api.issuer, **FAR_BACK) as other,
        api.database.pool.acquire() as conn,
    ):
        held = conn.transaction()
        await held.start()
        await conn.execute("LOCK TABLE idempotency_key IN SHARE MODE")  # both see that the key is free, neither writes
        posts = [c.post("/v1/screenings", json=body, headers=headers) for c in (api.client, other.client)]
        both = asyncio.gather(*posts)

        async def both_wait() -> bool:
            waiting = "SELECT count(*) FROM pg_locks WHERE relation = 'idempotency_key'::regclass AND NOT granted"
            return bool(await conn.fetchval(waiting) == 2)

        await eventually(both_wait)
        await held.rollback()
        first, second = await both
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.content == second.content
    assert await _records(api, body["id"]) == (1, 1, 1)


async def test_one_id_under_many_keys_becomes_one_record(api: ScreeningApi) -> None:
    body = api.screening(id=str(new_id()))
    async with open_api(SERVICE, api.urls, api.issuer, **FAR_BACK) as other:
        sent = [
            client.post("/v1/screenings", json=body, headers=api.issuer.headers("midwife", "13.76"))
            for client in [api.client, other.client] * 10
        ]
        statuses = Counter(response.status_code for response in await asyncio.gather(*sent))
    assert statuses == {201: 1, 409: 19}
    assert await _records(api, body["id"]) == (1, 1, 1)


async def test_a_key_held_by_another_process_is_in_progress(api: ScreeningApi) -> None:
    key, client = str(new_id()), "dev-midwife-13.76"
    async with api.database.pool.acquire() as conn:
        claim = conn.transaction()
        await claim.start()
        await conn.execute(
            "INSERT INTO idempotency_key (client, route, key, request_hash)"
            " VALUES ($1, 'POST /v1/screenings', $2, '\\x00')",
            client,
            key,
        )
        busy = await api.post("/v1/screenings", api.screening(), key=key)
        await claim.rollback()
    assert (busy.status_code, busy.json()["type"]) == (409, "urn:ilp:problem:idempotency-key-in-progress")
    assert busy.headers["retry-after"] == "1"
    assert (await api.post("/v1/screenings", api.screening(), key=key)).status_code == 201


async def test_what_was_sent_in_a_batch_is_recognised_alone_and_the_other_way_round(api: ScreeningApi) -> None:
    body, key = api.screening(), str(new_id())
    batch = await api.post("/v1/screenings:batch", {"items": [{"idempotency_key": key, **body}]})
    [item] = batch.json()["results"]
    assert item["status"] == "accepted"
    alone = await api.post("/v1/screenings", body, key=key)
    assert (alone.status_code, alone.headers["idempotent-replayed"]) == (201, "true")
    assert alone.json()["id"] == item["id"]
    again = await api.post("/v1/screenings:batch", {"items": [{"idempotency_key": key, **body}]})
    assert again.json()["results"] == [{**item, "status": "duplicate"}]


async def test_the_key_keeps_a_reference_and_the_first_answer_comes_back_to_the_byte(api: ScreeningApi) -> None:
    """Observations of a person lie only where row-level security reaches; corrections change no replay."""
    body = api.screening(
        observations={
            "weight_kg": 10.0,
            "muac_cm": 14,
            "height_posture": "lying",
            "bilateral_oedema": False,
            "length_height_cm": 84.80,
            "head_circumference_cm": 46.1,
        }
    )
    key = str(new_id())
    first = await api.post("/v1/screenings", body, key=key)
    [stored] = await api.rows("SELECT response FROM idempotency_key WHERE key = $1", key)
    assert json.loads(stored["response"]) == {"id": first.json()["id"], "version": 1}
    corrected = await api.post(
        f"/v1/screenings/{first.json()['id']}/corrections",
        {"base_version": 1, "observations": {"weight_kg": 11}, "reason": "wrong_value"},
    )
    assert corrected.status_code == 201
    again = await api.post("/v1/screenings", body, key=key)
    assert (again.status_code, again.content) == (201, first.content)
    batch = await api.post("/v1/screenings:batch", {"items": [{"idempotency_key": key, **body}]})
    [item] = batch.json()["results"]
    answer = first.json()
    assert item == {
        "idempotency_key": key,
        "status": "duplicate",
        "problem": None,
        **{name: answer[name] for name in ("id", "version", "results", "not_evaluated", "summary", "warnings")},
    }


async def test_an_account_that_lost_the_area_gets_no_first_answer(api: ScreeningApi) -> None:
    """Change the areas of an account after its first request: persons outside them no longer exist for it."""
    key, body = str(new_id()), api.screening()
    first = await api.post("/v1/screenings", body, key=key)
    assert first.status_code == 201
    [version] = await api.rows("SELECT subject FROM screening_version WHERE id = $1", first.json()["id"])
    moved = await api.rows(
        "UPDATE idempotency_key SET client = $2 WHERE key = $1 RETURNING client", key, "dev-midwife-" + OTHER_VILLAGE
    )
    assert (version["subject"], len(moved)) == ("dev-midwife-13.76", 1)
    refused = await api.post("/v1/screenings", body, key=key, area=OTHER_VILLAGE)
    assert refused.status_code == 404
    assert first.json()["recorded_at"] not in refused.text
    both = asyncio.gather(
        api.post("/v1/screenings", body, key=key, area=OTHER_VILLAGE), api.post("/v1/screenings", body)
    )
    assert [answer.status_code for answer in await both] == [404, 201]
