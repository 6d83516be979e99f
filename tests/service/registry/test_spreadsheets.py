"""Facilities as people who live in spreadsheets meet them: natural order of names, files as Excel saves them, codes."""

import asyncio
import csv
from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import pytest
import pytest_asyncio
from alembic import command

from ilp_registry.facility_import.service import import_facilities
from ilp_registry.service import SERVICE
from ilp_shared.areas import level_of, lineage, parent_of
from ilp_shared.db import migrate
from ilp_shared.ids import new_id
from tests.service.registry.conftest import KEYS
from tests.support.api import Api, Issuer, open_api
from tests.support.databases import Databases, DatabaseUrls

VILLAGE = "33.75.02.1001"
VILLAGES = (VILLAGE, "33.75.02.1002", "33.75.02.1003")
NAMES = [
    "Posyandu Melati", "Posyandu Melati 1", "posyandu melati 2", "Posyandu Melati 02 B", "Posyandu Melati 3A",
    "Posyandu Melati 10", "Posyandu Melati 100", "Posyandu Melatika 1", "Posyandu Tulip 9", "Posyandu Tulip 10",
]  # fmt: skip


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def registry(databases: Databases, issuer: Issuer) -> AsyncIterator[Api]:
    """Provide a registry with three villages."""
    async with open_api(SERVICE, await databases.create(SERVICE), issuer, **KEYS) as api:
        codes = dict.fromkeys(code for village in VILLAGES for code in lineage(village)[1:])
        values = ", ".join(
            f"('{code}', 'x', '{level_of(code)}', 'x', {'NULL' if len(code) == 2 else repr(parent_of(code))}, 'test')"
            for code in codes
        )
        await api.as_owner(f"INSERT INTO area (code, name, level, kind, parent_code, dataset) VALUES {values}")
        yield api


async def listed(registry: Api, limit: int, **filters: str) -> list[str]:
    """Return the names of a list, page by page."""
    names: list[str] = []
    cursor: dict[str, str] = {}
    while True:
        page = (await registry.get("/v1/facilities", limit=limit, **filters, **cursor)).json()
        names += [item["name"] for item in page["items"]]
        if page["next"] is None:
            return names
        cursor = {"cursor": page["next"]}


@pytest.mark.parametrize("limit", [1, 3, 100])
async def test_names_are_in_natural_order_on_pages_without_gaps(registry: Api, limit: int) -> None:
    items = [
        {"idempotency_key": str(new_id()), "kind": "posyandu", "name": name, "area_code": VILLAGE}
        for name in sorted(NAMES, reverse=True)
    ]
    if not await listed(registry, 100, area=VILLAGE, kind="posyandu"):
        answer = await registry.post("/v1/facilities:batch", {"items": items}, role="dinas", area="33.75")
        assert {result["status"] for result in answer.json()["results"]} == {"accepted"}
    assert await listed(registry, limit, area=VILLAGE, kind="posyandu") == NAMES


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "cp1252"])
async def test_a_file_that_excel_saved_is_imported(registry: Api, tmp_path: Path, encoding: str) -> None:
    code = f"XL-{encoding}".upper()
    text = (
        "Kind;Name;Code;Area_Code;Catchment;Lat;Lng;Example_Data;\r\n"
        f"Posyandu;Posyandu Séruni;{code};33.75.02.1002;33.75.02.1002, 33.75.02.1003;-6,9;109,66;1;\r\n"
        f"Posyandu;.;{code}-2;33.75.02.1002;;;;;\r\n"
        ";;;;;;;;\r\n"
    )
    report = tmp_path / "report.csv"
    counts = await import_facilities(registry.database, text.encode(encoding), report)
    assert counts == {"accepted": 1, "conflict": 0, "rejected": 1}
    with report.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [(row["row"], row["status"]) for row in rows] == [("1", "accepted"), ("2", "rejected")]
    assert rows[1]["reason"].startswith("name: ")
    [item] = (await registry.get("/v1/facilities", q=code.lower())).json()["items"]
    assert (item["name"], item["lat"], item["lng"]) == ("Posyandu Séruni", -6.9, 109.66)
    assert item["catchment"] == ["33.75.02.1002", "33.75.02.1003"]


async def test_the_code_of_a_facility_exists_once_whatever_its_case(registry: Api) -> None:
    body = {"kind": "posyandu", "name": "Posyandu Kode", "code": "kd-7a", "area_code": "33.75.02.1003"}
    made = await registry.post("/v1/facilities", body, role="dinas", area="33.75")
    assert (made.status_code, made.json()["code"]) == (201, "KD-7A")
    assert (
        await registry.post("/v1/facilities", body | {"code": "Kd-7A"}, role="dinas", area="33.75")
    ).status_code == 409
    [facility] = (await registry.get("/v1/facilities", q="kd-7a")).json()["items"]
    assert facility["id"] == made.json()["id"]


@pytest_asyncio.fixture(loop_scope="session")
async def before(databases: Databases) -> DatabaseUrls:
    """Provide a registry's database as its first release left it."""
    urls = await databases.create(SERVICE)
    owner = await asyncpg.connect(urls.owner)
    await owner.execute("DROP SCHEMA registry CASCADE")
    await owner.close()
    config = migrate.config_for(SERVICE.package, SERVICE.schema, urls.owner, "test_registry")
    await asyncio.to_thread(command.upgrade, config, "20261122_init")
    return urls


STORED = f"""
SELECT set_config('ilp.areas', 'id', false);
INSERT INTO area (code, name, level, kind, parent_code, dataset) VALUES
    ('33', '33', 'province', 'x', NULL, 't'), ('33.75', 'x', 'regency', 'x', '33', 't'),
    ('33.75.02', 'x', 'district', 'x', '33.75', 't'), ('{VILLAGE}', 'x', 'village', 'x', '33.75.02', 't'),
    ('{VILLAGE}.rw03', 'RW 03', 'sub_village', 'rw', '{VILLAGE}', 't'),
    ('{VILLAGE}.rw03.rt1', 'RT 1', 'sub_village', 'rt', '{VILLAGE}.rw03', 't'),
    ('{VILLAGE}.RW04', 'RW 04', 'sub_village', 'rw', '{VILLAGE}', 't'),
    ('{VILLAGE}.rw04', 'RW 04', 'sub_village', 'rw', '{VILLAGE}', 't');
INSERT INTO area_term (term, code) VALUES
    ('rw03', '{VILLAGE}.rw03'), ('rw04', '{VILLAGE}.RW04'), ('rw04', '{VILLAGE}.rw04');
INSERT INTO household (id, home_area, registered_at) VALUES (gen_random_uuid(), '{VILLAGE}.rw04', now());
INSERT INTO person (id, version, home_area, origin_area, name, search, sex, birth_date, identity, example_data,
                    registered_at)
VALUES (gen_random_uuid(), 1, '{VILLAGE}.rw03.rt1', '{VILLAGE}', 'x', 'x', 'male', '1990-01-01', 'temporary', false,
        now());
INSERT INTO facility (id, version, kind, name, search, code, area_code, catchment, example_data, registered_at)
SELECT gen_random_uuid(), 1, 'posyandu', name, lower(name), code, area, ARRAY[area], false, now()
FROM (VALUES ('Melati 10', 'a-1', '{VILLAGE}.rw03'), ('Melati 2', 'b-1', '{VILLAGE}'), ('Melati 3', 'B-1', '{VILLAGE}'))
    AS t (name, code, area);
"""


async def test_what_the_first_release_stored_keeps_its_references(before: DatabaseUrls) -> None:
    owner = await asyncpg.connect(before.owner, server_settings={"search_path": "registry"})
    await owner.execute(STORED)
    await asyncio.to_thread(migrate.upgrade, SERVICE.package, SERVICE.schema, url=before.owner, app_url=before.app)
    codes = [
        row["code"] for row in await owner.fetch("SELECT code FROM area WHERE level = 'sub_village' ORDER BY code")
    ]
    assert codes == [f"{VILLAGE}.RW03", f"{VILLAGE}.RW03.RT1", f"{VILLAGE}.RW04"]
    assert await owner.fetchval("SELECT parent_code FROM area WHERE code = $1", codes[1]) == codes[0]
    assert await owner.fetchval("SELECT home_area FROM person") == codes[1]
    assert await owner.fetchval("SELECT home_area FROM household") == codes[2]
    facilities = await owner.fetch("SELECT name, code, area_code, catchment FROM facility ORDER BY sort, id")
    assert [row["name"] for row in facilities] == ["Melati 2", "Melati 3", "Melati 10"]
    assert [row["code"] for row in facilities] == ["b-1", "B-1", "A-1"]
    assert (facilities[2]["area_code"], facilities[2]["catchment"]) == (codes[0], [codes[0]])
    assert await owner.fetchval("SELECT count(*) FROM area_term") == 2
    await owner.close()
