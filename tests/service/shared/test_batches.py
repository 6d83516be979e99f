"""Batch writes: each item is a command of its own, with the key it would have alone."""

from typing import Any

import asyncpg
import httpx2

from ilp_shared.ids import new_id
from tests.support.api import Issuer


def item(key: object = None, **fields: object) -> dict[str, Any]:
    """Return a valid item with a key of its own, unless something else is said."""
    return {"idempotency_key": str(new_id()) if key is None else key, "id": str(new_id()), **fields}


async def send(client: httpx2.AsyncClient, issuer: Issuer, *items: dict[str, Any]) -> list[dict[str, Any]]:
    """Send a batch; return its results."""
    answer = await client.post("/v1/things:batch", json={"items": items}, headers=issuer.headers("operator"))
    assert answer.status_code == 200, answer.text
    results: list[dict[str, Any]] = answer.json()["results"]
    assert [result["idempotency_key"] for result in results] == [each["idempotency_key"] or None for each in items]
    return results


async def send_alone(client: httpx2.AsyncClient, issuer: Issuer, key: str, body: dict[str, Any]) -> httpx2.Response:
    """Send one thing as a command of its own."""
    return await client.post("/v1/things", json=body, headers=issuer.headers("operator", key=key))


async def test_each_item_gets_its_own_result(things_client: httpx2.AsyncClient, issuer: Issuer) -> None:
    items = [
        item(),
        item(weight=0),
        item(refuse="stored"),
        item(refuse="busy"),
        item(refuse="invalid"),
        item("", weight=1),
        item(colour="red"),
    ]
    results = await send(things_client, issuer, *items)
    statuses = [result["status"] for result in results]
    assert statuses == ["accepted", "rejected", "conflict", "rejected", "rejected", "rejected", "rejected"]
    assert results[0] == {
        "idempotency_key": items[0]["idempotency_key"],
        "status": "accepted",
        "id": items[0]["id"],
        "version": 1,
        "warnings": [],
        "problem": None,
    }
    assert results[2]["id"] == items[2]["id"]
    assert [result["problem"]["retryable"] for result in results[1:]] == [False, False, True, False, False, False]
    pointers = [error["pointer"] for result in results[1:] for error in result["problem"]["errors"]]
    assert pointers == ["/weight", "/weight", "/idempotency_key", "/colour"]


async def test_the_same_batch_again_changes_nothing(
    things_client: httpx2.AsyncClient, issuer: Issuer, pool: asyncpg.Pool
) -> None:
    items = [item(), item()]
    assert [each["status"] for each in await send(things_client, issuer, *items)] == ["accepted"] * 2
    assert [each["status"] for each in await send(things_client, issuer, *items)] == ["duplicate"] * 2
    async with pool.acquire() as conn:
        ids = [each["id"] for each in items]
        assert await conn.fetchval("SELECT count(*) FROM event_log WHERE aggregate_id = ANY($1::uuid[])", ids) == 2


async def test_an_item_and_the_same_command_alone_share_their_key(
    things_client: httpx2.AsyncClient, issuer: Issuer
) -> None:
    thing = item()
    alone = {name: value for name, value in thing.items() if name != "idempotency_key"}
    assert (await send(things_client, issuer, thing))[0]["status"] == "accepted"
    answer = await send_alone(things_client, issuer, thing["idempotency_key"], alone)
    assert (answer.status_code, answer.headers["idempotent-replayed"]) == (201, "true")
    assert answer.json() == {"id": thing["id"], "version": 1, "warnings": []}
    refused = await send_alone(things_client, issuer, thing["idempotency_key"], {**alone, "weight": 2})
    assert refused.json()["type"] == "urn:ilp:problem:idempotency-key-reused"


async def test_a_key_twice_in_a_batch(things_client: httpx2.AsyncClient, issuer: Issuer) -> None:
    first = item()
    other = item(first["idempotency_key"])
    results = await send(things_client, issuer, first, first, other)
    assert [result["status"] for result in results] == ["accepted", "duplicate", "rejected"]
    assert results[2]["problem"]["type"] == "urn:ilp:problem:idempotency-key-reused"


async def test_an_invalid_item_does_not_use_up_the_key_of_a_valid_one(
    things_client: httpx2.AsyncClient, issuer: Issuer
) -> None:
    valid = item()
    results = await send(things_client, issuer, item(valid["idempotency_key"], weight=0), valid, valid)
    assert [result["status"] for result in results] == ["rejected", "accepted", "duplicate"]


async def test_a_refused_item_frees_its_key(things_client: httpx2.AsyncClient, issuer: Issuer) -> None:
    refused = item(refuse="invalid")
    assert (await send(things_client, issuer, refused))[0]["status"] == "rejected"
    assert (await send(things_client, issuer, {**refused, "refuse": None}))[0]["status"] == "accepted"


async def test_items_are_documented(things_client: httpx2.AsyncClient) -> None:
    document = (await things_client.get("/openapi.json")).json()
    body = document["paths"]["/v1/things:batch"]["post"]["requestBody"]["content"]["application/json"]["schema"]
    items = document["components"]["schemas"][body["$ref"].rpartition("/")[2]]["properties"]["items"]
    assert (items["minItems"], items["maxItems"]) == (1, 500)
    assert items["items"]["required"] == ["id", "idempotency_key"]
