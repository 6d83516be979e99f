"""Facilities: registration with network and catchment, batches, lists, and import from CSV."""

import csv
import json
from pathlib import Path

import pytest

from ilp_registry.facility_import.service import import_facilities
from ilp_registry.settings import RegistrySettings
from ilp_shared.auth import development
from ilp_shared.db.database import Database
from ilp_shared.ids import new_id
from tests.service.registry.conftest import KEYS, Registry


def posyandu(**changes: object) -> dict[str, object]:
    return {"kind": "posyandu", "name": "Posyandu Melati", "area_code": "14.72.06.1001", "example_data": True} | changes


async def puskesmas_of(registry: Registry, regency: str) -> dict[str, object]:
    page = (await registry.get("/v1/facilities", area=regency, kind="puskesmas", limit=1)).json()
    puskesmas: dict[str, object] = page["items"][0]
    return puskesmas


async def test_network_and_catchment(registry: Registry) -> None:
    parent = await puskesmas_of(registry, "14.72")
    pustu = await registry.post(
        "/v1/facilities", posyandu(kind="pustu", name="Pustu Laksamana", parent_id=parent["id"]), "dinas", "14.72"
    )
    assert pustu.status_code == 201, pustu.text
    made = await registry.post("/v1/facilities", posyandu(parent_id=pustu.json()["id"]), "dinas", "14.72")
    body = (await registry.get(made.headers["location"], "analyst", "72")).json()
    assert body["catchment"] == ["14.72.06.1001"]
    assert body["timezone"] == "Asia/Jakarta"
    detail = (await registry.get(pustu.headers["location"])).json()
    assert detail["network"] == {"pustu": 0, "posyandu": 1}
    mine = (await registry.get("/v1/facilities", parent=pustu.json()["id"], count="exact")).json()
    assert mine["total"] == 1
    serving = (await registry.get("/v1/facilities", serves="14.72.06.1001", kind="posyandu", q="me lati")).json()
    assert body["id"] in [item["id"] for item in serving["items"]]
    assert await registry.versions_of(body["id"]) == [1]


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"area_code": "14.72.06.1999"}, "/area_code"),
        ({"area_code": "14.72.06"}, "/area_code"),
        ({"catchment": ["13.76.01.1002"]}, "/catchment"),
        ({"parent_id": str(new_id())}, "/parent_id"),
        ({"kind": "klinik"}, "/kind"),
        ({"lat": 91}, "/lat"),
    ],
)
async def test_place_and_parent_must_fit(registry: Registry, change: dict[str, object], pointer: str) -> None:
    answer = await registry.post("/v1/facilities", posyandu(**change), "dinas", "14.72")
    assert answer.status_code == 422
    assert [error["pointer"] for error in answer.json()["errors"]] == [pointer]


async def test_who_may_write_where(registry: Registry) -> None:
    assert (await registry.post("/v1/facilities", posyandu(), "kader", "14.72")).status_code == 403
    assert (await registry.post("/v1/facilities", posyandu(), "dinas", "13.76")).status_code == 404
    elsewhere = (await puskesmas_of(registry, "13.76"))["id"]
    assert (await registry.post("/v1/facilities", posyandu(parent_id=elsewhere), "dinas", "id")).status_code == 422
    assert (await registry.get(f"/v1/facilities/{new_id()}")).status_code == 404
    known = posyandu(id=str(new_id()))
    first = await registry.post("/v1/facilities", known, "dinas", "14.72")
    second = await registry.post("/v1/facilities", known, "dinas", "14.72")
    assert (first.status_code, second.status_code) == (201, 409)
    assert second.json()["existing_id"] == known["id"]


async def test_batch_of_posyandu(registry: Registry) -> None:
    items = [
        {"idempotency_key": str(new_id()), **posyandu(name=f"Posyandu {n}", area_code="17.05.06.1006", code=f"P-{n}")}
        for n in range(300)
    ]
    items.append({"idempotency_key": str(new_id()), **posyandu(area_code="17.05.06.1006", code="P-7")})
    items.append({"idempotency_key": str(new_id()), **posyandu(area_code="17.05")})
    results = (await registry.post("/v1/facilities:batch", {"items": items}, "dinas", "17.05")).json()["results"]
    assert [result["status"] for result in results] == ["accepted"] * 300 + ["conflict", "rejected"]
    assert results[300]["id"] == results[7]["id"]
    page = (await registry.get("/v1/facilities", area="17.05", kind="posyandu", count="exact")).json()
    assert page["total"] == 300


async def test_catchments_of_different_lengths_in_one_batch(registry: Registry) -> None:
    villages = ["33.75.01.1002", "33.75.01.1003"]
    catchments: list[list[str]] = [villages, [], villages[::-1], villages[:1]]
    items = [
        {"idempotency_key": str(new_id()), **posyandu(area_code=villages[0], catchment=catchment)}
        for catchment in catchments
    ]
    results = (await registry.post("/v1/facilities:batch", {"items": items}, "dinas", "33.75")).json()["results"]
    assert [result["status"] for result in results] == ["accepted"] * len(items)
    for result, catchment in zip(results, catchments, strict=True):
        assert (await registry.get(f"/v1/facilities/{result['id']}")).json()["catchment"] == catchment
        data = await registry.owner.fetchval("SELECT data FROM event_log WHERE aggregate_id = $1::uuid", result["id"])
        assert json.loads(data)["catchment"] == catchment


async def test_an_id_twice_in_a_batch_stores_and_names_the_first(registry: Registry) -> None:
    double = str(new_id())
    drafts = [posyandu(id=double, name=name, area_code="17.05.06.1006") for name in ("Posyandu Awal", "Posyandu Akhir")]
    items = [{"idempotency_key": str(new_id()), **draft} for draft in (posyandu(id=double, area_code="17"), *drafts)]
    results = (await registry.post("/v1/facilities:batch", {"items": items}, "dinas", "17")).json()["results"]
    assert [result["status"] for result in results] == ["rejected", "accepted", "conflict"]
    assert [error["pointer"] for error in results[2]["problem"]["errors"]] == ["/id"]
    assert results[2]["id"] == double
    assert (await registry.get(f"/v1/facilities/{double}")).json()["name"] == "Posyandu Awal"
    events = await registry.owner.fetch("SELECT data FROM event_log WHERE aggregate_id = $1::uuid", double)
    assert [json.loads(event["data"])["name"] for event in events] == ["Posyandu Awal"]


async def test_csv_import_reports_each_row_and_is_repeatable(registry: Registry, tmp_path: Path) -> None:
    parent = await puskesmas_of(registry, "33.75")
    lines = [
        "kind,name,code,area_code,parent_code,catchment,lat,example_data",
        f"pustu,Pustu Satu,IMP-1,33.75.01.1002,{parent['code']},33.75.01.1002;33.75.01.1003,-6.9,1",
        "posyandu,Posyandu Dua,IMP-2,33.75.01.1002,,,,1",
        "posyandu,Posyandu Dua Lagi,IMP-2,33.75.01.1002,,,,1",
        "posyandu,,IMP-3,33.75.01.1002,,,,",
        "pustu,Pustu Induk,IMP-4,33.75.01.1002,9999\x00999,,,",
        "pustu,Pustu Jauh,IMP-5,33.75.01.1002,,,timur,",
        "pustu,Pustu Luar,IMP-6,33.75.09.1002,,,,",
    ]
    settings = RegistrySettings.model_validate(
        {
            "database_url": registry.urls.app,
            "kafka_bootstrap": "127.0.0.1:1",
            "oidc_issuer": development.ISSUER,
            "oidc_jwks": "none",
            **KEYS,
        }
    )
    database = await Database.connect(settings, "registry")
    try:
        for _ in range(2):
            report = tmp_path / "report.csv"
            counts = await import_facilities(database, "\n".join(lines).encode(), report)
            assert counts == {"accepted": 2, "conflict": 1, "rejected": 4}
            with report.open() as file:
                rows = list(csv.DictReader(file))
            assert [row["status"] for row in rows] == ["accepted"] * 2 + ["conflict"] + ["rejected"] * 4
            assert [row["reason"].split(":")[0] for row in rows[3:]] == ["name", "parent_code", "lat, lng", "area_code"]
        page = (await registry.get("/v1/facilities", area="33.75", q="pustu satu", count="exact")).json()
        assert page["total"] == 1
        assert page["items"][0]["parent_id"] == parent["id"]
        assert page["items"][0]["lat"] == -6.9
        with pytest.raises(ValueError, match="columns"):
            await import_facilities(database, b"kind,nama\npustu,x\n", tmp_path / "none.csv")
    finally:
        await database.close()
