"""The bundle of a phone: addresses that change with what they hold, files that may be kept for ever, and few bytes."""

import gzip

import httpx2

from tests.service.screening.screening_api import ScreeningApi

BUNDLE = "/v1/packs/bundle"
MOST_BYTES = 18_000
"""Rules and tables together, compressed."""


async def file(api: ScreeningApi, name: str, encoding: str = "gzip") -> httpx2.Response:
    """Get a file that the bundle names."""
    address = (await api.client.get(BUNDLE)).json()[name]
    return await api.client.get(f"/v1/packs/{address}", headers={"Accept-Encoding": encoding})


async def test_the_bundle_names_the_packs_in_force(api: ScreeningApi) -> None:
    bundle = (await api.client.get(BUNDLE)).json()
    listed = (await api.client.get("/v1/packs")).json()["packs"]
    assert bundle["packs"] == [{"code": pack["code"], "version": pack["version"]} for pack in listed]
    rules = (await file(api, "rules")).json()
    assert [pack["code"] for pack in rules["packs"]] == [pack["code"] for pack in listed]
    assert rules["packs"][1]["bands"][3]["actions"][0]["label"]["en"] == "Refer to puskesmas"
    assert {each["code"] for each in rules["observations"]} >= {"weight_kg", "sbp", "cough"}
    assert rules["summary"]["rules"][-1]["kind"] == "none"


async def test_an_unchanged_bundle_is_not_sent_again(api: ScreeningApi) -> None:
    first = await api.client.get(BUNDLE)
    assert first.headers["cache-control"] == "no-cache"
    again = await api.client.get(BUNDLE, headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert (await api.client.get(BUNDLE, headers={"If-None-Match": '"another"'})).status_code == 200


async def test_files_may_be_kept_for_ever(api: ScreeningApi) -> None:
    for name, kind in (("rules", "application/json"), ("tables", "application/octet-stream"), ("engine", "text/java")):
        packed, plain = await file(api, name), await file(api, name, "identity")
        assert packed.status_code == plain.status_code == 200
        assert "immutable" in packed.headers["cache-control"]
        assert packed.headers["content-type"].startswith(kind)
        assert packed.headers["content-encoding"] == "gzip"
        assert "content-encoding" not in plain.headers
        assert packed.content == plain.content


async def test_the_engine_is_one_file(api: ScreeningApi) -> None:
    engine = (await file(api, "engine")).text
    assert "export const evaluate" in engine
    assert "import" not in engine.split()


async def test_a_file_that_no_bundle_names_is_not_there(api: ScreeningApi) -> None:
    tables = (await api.client.get(BUNDLE)).json()["tables"]
    for address in (f"bundle/{'0' * 16}/tables.bin", tables.replace("tables.bin", "rules.json")):
        answer = await api.client.get(f"/v1/packs/{address}")
        assert answer.status_code == 404
        assert answer.headers["cache-control"] == "no-store"


async def test_rules_and_tables_are_few_bytes(api: ScreeningApi) -> None:
    contents = [(await file(api, name)).content for name in ("rules", "tables")]
    assert sum(len(gzip.compress(content, 9)) for content in contents) <= MOST_BYTES


async def test_a_venue_is_one_of_those_that_are_known(api: ScreeningApi) -> None:
    assert (await api.client.get(BUNDLE, params={"venue": "school"})).status_code == 200
    assert (await api.client.get(BUNDLE, params={"venue": "moon"})).status_code == 422
