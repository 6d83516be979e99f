"""Characters the database cannot hold (NUL, halves of surrogate pairs) are refused as input, in every place."""

import json

import httpx2
import pytest

from ilp_shared.ids import new_id
from tests.service.registry.conftest import Registry, person

VILLAGE = "13.76.01.1002"
HOSTILE = ("\x00", "Siti\x00", "\ud800", "Siti \udfff")
BODIES: dict[str, dict[str, object]] = {
    "/v1/persons": person(id=str(new_id()), phone="+6281234567890", household={"id": str(new_id())}),
    "/v1/facilities": {
        "id": str(new_id()),
        "kind": "pustu",
        "name": "Pustu Melati",
        "code": "H-1",
        "area_code": VILLAGE,
        "parent_id": str(new_id()),
        "catchment": [VILLAGE],
    },
    "/v1/areas": {"code": f"{VILLAGE}.RW77", "name": "RW 77", "kind": "rw"},
    "/v1/persons:search": {"name_prefix": "siti", "area": VILLAGE},
}
FIELDS = [(path, field) for path, body in BODIES.items() for field in body]


async def send(registry: Registry, path: str, body: object, role: str, key: str | None = None) -> httpx2.Response:
    """Send a POST with escapes in place of what UTF-8 cannot encode."""
    headers = registry.issuer.headers(role, key=key) | {"Content-Type": "application/json"}
    return await registry.client.post(path, content=json.dumps(body), headers=headers)


def role_for(path: str) -> str:
    """Return a role that may write here."""
    return "midwife" if "persons" in path else "dinas"


def wrong(value: object, hostile: str) -> object:
    """Return the value with hostile text in its place, in the same structure."""
    if isinstance(value, dict):
        return {name: wrong(inner, hostile) for name, inner in value.items()}
    return [hostile] if isinstance(value, list) else hostile


@pytest.mark.parametrize(("path", "field"), FIELDS)
async def test_every_field_of_every_body(registry: Registry, path: str, field: str) -> None:
    body, items = BODIES[path], []
    for hostile in HOSTILE:
        bad = body | {field: wrong(body[field], hostile)}
        answer = await send(registry, path, bad, role_for(path))
        assert answer.status_code == 422, answer.text
        assert answer.json()["errors"][0]["pointer"].startswith(f"/{field}")
        items.append({"idempotency_key": str(new_id()), **bad})
    if path in ("/v1/persons", "/v1/facilities"):
        answer = await send(registry, f"{path}:batch", {"items": items}, role_for(path))
        assert answer.status_code == 200, answer.text
        results = answer.json()["results"]
        assert [result["status"] for result in results] == ["rejected"] * len(HOSTILE)
        assert all(result["problem"]["errors"][0]["pointer"].startswith(f"/{field}") for result in results)


@pytest.mark.parametrize("hostile", HOSTILE)
async def test_names_of_fields(registry: Registry, hostile: str) -> None:
    for path, body in BODIES.items():
        assert (await send(registry, path, body | {hostile: 1}, role_for(path))).status_code == 422
    inside = person(household={"id": str(new_id()), hostile: 1})
    assert (await send(registry, "/v1/persons", inside, "midwife")).status_code == 422
    batch = {"items": [{"idempotency_key": str(new_id()), **person(), hostile: 1}]}
    answer = await send(registry, "/v1/persons:batch", batch, "midwife")
    refused = answer.status_code == 422 or answer.json()["results"][0]["status"] == "rejected"
    assert refused, answer.text


@pytest.mark.parametrize("hostile", HOSTILE)
async def test_keys_of_batch_items(registry: Registry, hostile: str) -> None:
    items = [{"idempotency_key": hostile, **person()}, {"idempotency_key": str(new_id()), **person()}]
    answer = await send(registry, "/v1/persons:batch", {"items": items}, "midwife")
    assert answer.status_code == 200, answer.text
    results = answer.json()["results"]
    assert [result["status"] for result in results] == ["rejected", "accepted"]
    assert results[0]["problem"]["type"] == "urn:ilp:problem:idempotency-key-unusable"


async def test_the_key_of_a_single_request(registry: Registry) -> None:
    token = registry.issuer.headers("midwife")["Authorization"].encode()
    for key in (b"a\x00b", b"\x00"):
        raw = [(b"Authorization", token), (b"Idempotency-Key", key), (b"Content-Type", b"application/json")]
        answer = await registry.client.post("/v1/persons", content=json.dumps(person()), headers=raw)
        assert answer.status_code == 422, answer.text
        assert answer.json()["type"] == "urn:ilp:problem:idempotency-key-unusable"
    assert (await send(registry, "/v1/persons", person(), "midwife", f"%00%ED%A0%80{new_id()}")).status_code == 201


async def test_what_is_read_from_addresses(registry: Registry) -> None:
    headers = registry.issuer.headers("midwife")
    for path in ("/v1/areas", "/v1/facilities"):
        assert (await registry.client.get(f"{path}?q=%00", headers=headers)).status_code == 422
        assert (await registry.client.get(f"{path}?q=%ED%A0%80", headers=headers)).status_code in (200, 422)
    for address in ("/v1/areas/13%00", "/v1/areas/%ED%A0%80", "/v1/persons/%00", "/v1/facilities?area=13%00"):
        assert (await registry.client.get(address, headers=headers)).status_code == 422, address
    for cursor in ("WyJcdTAwMDAiXQ", "WyJcdTAwMDAiLCJ4Il0", "WzFd", "%00", "%ED%A0%80"):
        for path in ("/v1/areas", "/v1/facilities", "/v1/persons"):
            assert (await registry.client.get(f"{path}?cursor={cursor}", headers=headers)).status_code == 422


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-32"])
async def test_other_encodings_of_json_are_read(registry: Registry, encoding: str) -> None:
    headers = registry.issuer.headers("midwife") | {"Content-Type": "application/json"}
    content = json.dumps(person()).encode(encoding)
    answer = await registry.client.post("/v1/persons", content=content, headers=headers)
    assert answer.status_code == 201, answer.text


async def test_values_out_of_range(registry: Registry) -> None:
    items = [
        {"idempotency_key": str(new_id()), **person(birth_date=10**30)},
        {"idempotency_key": str(new_id()), **person(nik=["1"])},
        {"idempotency_key": str(new_id())},
    ]
    answer = await send(registry, "/v1/persons:batch", {"items": items}, "midwife")
    assert [result["status"] for result in answer.json()["results"]] == ["rejected"] * 3
