"""Events of the registry carry the trace of the request that raised them, one by one and in a batch."""

import pytest

from ilp_shared.ids import new_id
from tests.service.registry.conftest import Registry, person

TRACE = "0af7651916cd43dd8448eb211c80319c"
HEADER = {"traceparent": f"00-{TRACE}-b7ad6b7169203331-01"}
WRITES: dict[str, tuple[str, str]] = {
    "/v1/areas": ("dinas", "area"),
    "/v1/facilities": ("dinas", "facility"),
    "/v1/persons": ("midwife", "person"),
}


def body(kind: str) -> dict[str, object]:
    """Return a new record of a kind."""
    if kind == "area":
        return {"code": f"13.76.01.1002.RW{new_id().hex[-8:]}", "kind": "rw", "name": "RW Contoh"}
    if kind == "facility":
        return {"kind": "posyandu", "name": "Posyandu Contoh", "area_code": "13.76.01.1002", "example_data": True}
    return person()


async def trace_of(registry: Registry, aggregate: str) -> list[str]:
    """Return the trace ids of the events of an aggregate."""
    statement = "SELECT traceparent FROM event_log WHERE aggregate_id = $1::uuid ORDER BY id"
    return [row["traceparent"].split("-")[1] for row in await registry.owner.fetch(statement, aggregate)]


@pytest.mark.parametrize("path", WRITES)
async def test_a_single_write(registry: Registry, path: str) -> None:
    role, kind = WRITES[path]
    headers = registry.issuer.headers(role) | HEADER
    answer = await registry.client.post(path, json=body(kind), headers=headers)
    assert answer.status_code == 201, answer.text
    assert await trace_of(registry, answer.json()["id"]) == [TRACE]


@pytest.mark.parametrize("path", [path for path in WRITES if path != "/v1/areas"])
async def test_every_item_of_a_batch(registry: Registry, path: str) -> None:
    role, kind = WRITES[path]
    items = [body(kind) | {"idempotency_key": str(new_id())} for _ in range(2)]
    headers = registry.issuer.headers(role) | HEADER
    answer = await registry.client.post(f"{path}:batch", json={"items": items}, headers=headers)
    ids = [result["id"] for result in answer.json()["results"]]
    assert [await trace_of(registry, each) for each in ids] == [[TRACE], [TRACE]]
