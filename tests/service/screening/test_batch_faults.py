"""One bad item harms no other: unstorable text, unexpected failures of one item, storage that goes away."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx2
import orjson
import pytest
from structlog.testing import capture_logs

from ilp_shared.ids import new_id
from tests.service.screening.screening_api import Json, ScreeningApi

NUL = "\x00"


def _item(api: ScreeningApi, **changes: object) -> Json:
    return {"idempotency_key": str(new_id()), **api.screening(**changes)}


async def _send(api: ScreeningApi, *items: Json) -> list[Json]:
    response = await api.post("/v1/screenings:batch", {"items": list(items)})
    assert response.status_code == 200, response.text
    results: list[Json] = response.json()["results"]
    assert len(results) == len(items)
    return results


async def _stored(api: ScreeningApi, *keys: str) -> int:
    query = "SELECT count(*) AS n FROM idempotency_key WHERE key = ANY($1)"
    number: int = (await api.rows(query, list(keys)))[0]["n"]
    return number


@pytest.mark.parametrize("key", [NUL, f"a{NUL}b", "", " ", "x" * 256, None, 7, ["a"]])
async def test_a_key_that_cannot_be_kept_refuses_its_item_alone(api: ScreeningApi, key: object) -> None:
    good, other = _item(api), _item(api)
    results = await _send(api, good, {**_item(api), "idempotency_key": key}, other)
    assert [result["status"] for result in results] == ["accepted", "rejected", "accepted"]
    problem = results[1]["problem"]
    assert (problem["status"], problem["retryable"]) == (422, False)
    assert problem["errors"][0]["pointer"] == "/idempotency_key"
    assert await _stored(api, good["idempotency_key"], other["idempotency_key"]) == 2


async def test_a_key_header_that_cannot_be_kept_is_refused(api: ScreeningApi) -> None:
    headers = api.issuer.headers("midwife", "13.76")
    del headers["Idempotency-Key"]
    sent = [*((name.encode(), value.encode()) for name, value in headers.items()), (b"Idempotency-Key", b"a\x00b")]
    refused = await api.client.post("/v1/screenings", json=api.screening(), headers=httpx2.Headers(sent))
    assert (refused.status_code, refused.json()["type"]) == (422, "urn:ilp:problem:idempotency-key-unusable")


@pytest.mark.parametrize(
    "observations", [{NUL: 1}, {"weight_kg": NUL}, {"weight_kg": 10.4, "height_posture": NUL}, {"wei\x00ght_kg": 10}]
)
async def test_unstorable_text_in_observations_refuses_its_item_alone(api: ScreeningApi, observations: Json) -> None:
    results = await _send(api, _item(api), _item(api, observations=observations), _item(api))
    assert [result["status"] for result in results] == ["accepted", "rejected", "accepted"]
    assert results[1]["problem"]["status"] == 422
    alone = await api.post("/v1/screenings", api.screening(observations=observations))
    assert alone.status_code == 422


@pytest.mark.parametrize("depth", [240, 253, 254])
async def test_deep_nesting_refuses_its_item_alone(api: ScreeningApi, depth: int) -> None:
    deep = orjson.loads(b"[" * depth + b"]" * depth)
    results = await _send(api, _item(api), _item(api, observations={"weight_kg": deep}))
    assert [result["status"] for result in results] == ["accepted", "rejected"]
    assert results[1]["problem"]["status"] == 422
    alone = await api.post("/v1/screenings", api.screening(observations={"weight_kg": deep}))
    assert alone.status_code == 422


@pytest.mark.parametrize(
    ("field", "value"),
    [
        (b'"idempotency_key":"\\ud800"', b""),
        (b'"idempotency_key":"k"', b'"observations":{"\\udfff":1}'),
        (b'"idempotency_key":"k"', b'"observations":{"weight_kg":"\\ud800"}'),
    ],
)
async def test_lone_surrogates_are_not_json_and_nothing_is_stored(
    api: ScreeningApi, field: bytes, value: bytes
) -> None:
    good = _item(api)
    bad = {name: v for name, v in api.screening().items() if name != "observations" or not value}
    text = orjson.dumps(bad)[:-1] + b"," + field + (b"," + value if value else b"") + b"}"
    content = b'{"items":[' + orjson.dumps(good) + b"," + text + b"]}"
    headers = api.issuer.headers("midwife", "13.76") | {"Content-Type": "application/json"}
    refused = await api.client.post("/v1/screenings:batch", content=content, headers=headers)
    assert (refused.status_code, refused.headers["content-type"]) == (422, "application/problem+json")
    assert await _stored(api, good["idempotency_key"]) == 0
    if value:
        alone = orjson.dumps(bad)[:-1] + b"," + value + b"}"
        assert (await api.client.post("/v1/screenings", content=alone, headers=headers)).status_code == 422


@asynccontextmanager
async def _failing_day(api: ScreeningApi, state: str) -> AsyncIterator[None]:
    """Let the database refuse screenings of 4 April 2024 for a reason that the code does not know."""
    await api.as_owner(
        "CREATE FUNCTION screening.fail_on_a_day() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
        f" IF NEW.day = '2024-04-04' THEN RAISE EXCEPTION 'weight 10.4' USING ERRCODE = '{state}'; END IF;"
        " RETURN NEW; END $$;"
        "CREATE TRIGGER fail_on_a_day BEFORE INSERT ON screening.screening"
        " FOR EACH ROW EXECUTE FUNCTION screening.fail_on_a_day()"
    )
    try:
        yield
    finally:
        await api.as_owner("DROP FUNCTION screening.fail_on_a_day CASCADE")


async def test_an_unexpected_failure_is_the_problem_of_its_item(api: ScreeningApi) -> None:
    items = [_item(api), _item(api, occurred_at="2024-04-04T02:00:00Z"), _item(api)]
    async with _failing_day(api, "XX000"):
        with capture_logs() as logs:
            results = await _send(api, *items)
    assert [result["status"] for result in results] == ["accepted", "rejected", "accepted"]
    problem = results[1]["problem"]
    assert (problem["status"], problem["retryable"], problem["type"]) == (500, False, "urn:ilp:problem:internal")
    assert problem["trace_id"]
    [line] = [line for line in logs if line["event"] == "batch_item_failed"]
    assert line["reason"] == "InternalServerError"
    assert "10.4" not in str({**line, "exc_info": None})
    again = await _send(api, *items)
    assert [result["status"] for result in again] == ["duplicate", "accepted", "duplicate"]


async def test_a_passing_failure_is_worth_a_retry_and_what_was_recorded_stays(api: ScreeningApi) -> None:
    recorded, failing = _item(api), _item(api, occurred_at="2024-04-04T02:00:00Z")
    [before] = await _send(api, recorded)
    async with _failing_day(api, "40001"):
        [failed] = await _send(api, failing)
    problem = failed["problem"]
    assert (failed["status"], problem["status"], problem["retryable"]) == ("rejected", 503, True)
    assert await _send(api, recorded) == [{**before, "status": "duplicate"}]
    [again] = await _send(api, failing)
    assert again["status"] == "accepted"
