"""The real reference data behind lists, searches and paging."""

import asyncio
import json
import re
import time
from collections import Counter

import asyncpg
import pytest

from ilp_registry.reference.service import load_reference
from ilp_registry.service import SERVICE
from ilp_shared.db import migrate
from tests.service.registry.conftest import Registry


async def total(registry: Registry, path: str, **params: object) -> int:
    answer = await registry.get(path, "analyst", "72", limit=1, count="exact", **params)
    assert answer.status_code == 200, answer.text
    return int(answer.json()["total"])


async def test_everything_is_loaded_once(registry: Registry) -> None:
    assert registry.loaded == (91_599, 514, 10_292)
    assert registry.again is None
    added = await total(registry, "/v1/areas", level="sub_village")  # by other tests
    assert await total(registry, "/v1/areas") - added == 91_599
    assert await total(registry, "/v1/facilities", kind="puskesmas") == 10_292
    events = await registry.owner.fetch("SELECT type, count(*) FROM event_log GROUP BY type")
    kinds = {row["type"]: row["count"] for row in events}
    assert kinds["ilp.registry.area-tree-published.v1"] >= 514
    assert kinds["ilp.registry.facility-registered.v1"] >= 10_292


@pytest.mark.parametrize(
    ("area", "puskesmas", "villages"),
    [
        ("13.76", 8, 47),
        ("14.72", 10, 36),
        ("33.75", 14, 27),
        ("17.05", 22, 202),
        ("62.10", 17, 127),
    ],
)
async def test_districts_of_the_programme(registry: Registry, area: str, puskesmas: int, villages: int) -> None:
    assert await total(registry, "/v1/facilities", area=area, kind="puskesmas") == puskesmas
    assert await total(registry, "/v1/areas", area=area, level="village") == villages


async def test_alias_finds_the_area_by_the_name_in_use(registry: Registry) -> None:
    areas = (await registry.get("/v1/areas", "kader", "13.76", q="kuala  KURUN", area="62.10")).json()["items"]
    assert areas[0]["code"] == "62.10.02.1012"
    detail = (await registry.get("/v1/areas/62.10.02.1012")).json()
    assert detail["name"] == "Kurun"
    assert detail["aliases"][0]["name"] == "Kuala Kurun"
    assert [step["code"] for step in detail["lineage"]] == ["id", "62", "62.10", "62.10.02", "62.10.02.1012"]
    other = (await registry.get("/v1/areas", q="Baru Rantau Panjang", area="15")).json()["items"]
    assert [area["code"] for area in other] == ["15.02.05.1036"]


@pytest.mark.parametrize(
    ("q", "first"),
    [
        ("payakumbuh", "13.76"),
        ("Kota Payakumbuh", "13.76"),
        ("13.76.01.1002", "13.76.01.1002"),
        ("KURÚN", "62.10.02"),
    ],
)
async def test_search_puts_the_best_match_first_and_is_fast(registry: Registry, q: str, first: str) -> None:
    await registry.get("/v1/areas", q=q)
    started = time.process_time()
    areas = (await registry.get("/v1/areas", q=q)).json()["items"]
    assert areas[0]["code"] == first
    assert time.process_time() - started < 0.5  # measured about 0.03 s


async def test_paging_shows_each_row_once(registry: Registry) -> None:
    for path, params in (("/v1/areas", {"q": "suka", "area": "17"}), ("/v1/facilities", {"area": "17.05"})):
        seen: Counter[str] = Counter()
        cursor: dict[str, str] = {}
        while True:
            page = (await registry.get(path, limit=40, **params, **cursor)).json()
            seen.update(item.get("code") or item["id"] for item in page["items"])
            if page["next"] is None:
                break
            cursor = {"cursor": page["next"]}
        assert set(seen.values()) == {1}
        assert len(seen) == await total(registry, path, **params)


async def test_nation_and_unknown_areas(registry: Registry) -> None:
    nation = (await registry.get("/v1/areas/id")).json()
    assert (nation["name"], nation["children"]) == ("Indonesia", 38)
    assert (await registry.get("/v1/areas/13.99")).status_code == 404
    assert (await registry.get("/v1/areas/1376")).status_code == 422
    assert (await registry.get("/v1/areas", q="--")).status_code == 422
    assert (await registry.get("/v1/areas", unknown="1")).status_code == 422
    assert (await registry.get("/v1/facilities", cursor="bm90")).status_code == 422


async def test_rw_below_a_village_is_published_alone(registry: Registry) -> None:
    body = {"code": "33.75.01.1002.RW03", "name": "RW 03", "kind": "rw"}
    made = await registry.post("/v1/areas", body, "dinas", "33.75")
    assert made.status_code == 201, made.text
    assert made.headers["location"].endswith("/v1/areas/33.75.01.1002.RW03")
    assert (await registry.get("/v1/areas/33.75.01.1002.RW03")).json()["parent_code"] == "33.75.01.1002"
    assert (await registry.get("/v1/areas/33.75.01.1002")).json()["children"] == 1
    tree = (await registry.get("/v1/areas", q="33.75.01.1002.RW03")).json()["items"]
    assert [area["level"] for area in tree] == ["sub_village"]
    root = await registry.owner.fetchval("SELECT id::text FROM area_tree WHERE root = '33.75'")
    assert await registry.versions_of(root) == [1]
    event = await registry.owner.fetchrow("SELECT * FROM event_log WHERE aggregate_id = $1::uuid", made.json()["id"])
    assert event is not None
    assert (event["type"], event["aggregate_version"]) == ("ilp.registry.area-registered.v1", made.json()["version"])
    assert (event["key"], event["area_code"]) == ("33.75", "33.75.01.1002")
    place = {"level": "sub_village", "parent_code": "33.75.01.1002", "lat": None, "lng": None}
    assert json.loads(event["data"]) == body | place
    assert (await registry.post("/v1/areas", body, "dinas", "33.75")).status_code == 409
    assert (await registry.post("/v1/areas", body, "dinas", "13")).status_code == 404
    assert (await registry.post("/v1/areas", body, "kader", "33.75")).status_code == 403
    orphan = body | {"code": "33.75.01.1002.RW09.RT01"}
    assert (await registry.post("/v1/areas", orphan, "dinas", "33.75")).status_code == 422


async def test_a_newer_tree_ends_at_villages(registry: Registry) -> None:
    body = {"code": "17.05.06.1006.RT01", "name": "RT 01", "kind": "rt"}
    assert (await registry.post("/v1/areas", body, "dinas", "17.05")).status_code == 201
    await registry.owner.execute("UPDATE area SET name = 'Nama Lama' WHERE code = '17.05.06'")
    await registry.owner.execute("DELETE FROM reference_load")
    assert await load_reference(registry.database) == (1, 1, 0)
    data = await registry.owner.fetchval(
        "SELECT data FROM event_log WHERE aggregate_version = 2 AND type = 'ilp.registry.area-tree-published.v1'"
    )
    areas = json.loads(data)["areas"]
    assert {area["level"] for area in areas} == {"province", "regency", "district", "village"}
    assert sum(area["level"] == "village" for area in areas) == 202
    assert (await registry.get("/v1/areas/17.05.06.1006.RT01")).status_code == 200


async def test_history_and_models_agree(registry: Registry) -> None:
    await asyncio.to_thread(
        migrate.check, SERVICE.package, SERVICE.schema, url=registry.urls.owner, app_url=registry.urls.app
    )


async def test_app_role_cannot_rewrite_the_audit(registry: Registry) -> None:
    app = await asyncpg.connect(registry.urls.app, server_settings={"search_path": "registry"})
    try:
        for statement in ("DELETE FROM access_audit", "UPDATE access_audit SET role = 'x'"):
            with pytest.raises(asyncpg.RestrictViolationError):
                await app.execute(statement)
    finally:
        await app.close()


async def test_the_api_describes_itself(registry: Registry) -> None:
    document = (await registry.client.get("/openapi.json")).text
    schema = json.loads(document)
    assert {"/v1/areas", "/v1/facilities:batch", "/v1/persons:search", "/v1/persons/{person_id}"} <= set(
        schema["paths"]
    )
    referenced = set(re.findall(r'"#/components/schemas/([^"]+)"', document))
    assert {"PersonInput", "FacilityInput"} <= referenced <= set(schema["components"]["schemas"])
