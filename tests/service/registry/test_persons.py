"""Persons: what is shown, what is stored, which accounts see it, and that nothing identifiable leaks."""

import io
import json
import logging
from collections.abc import Iterator

import asyncpg
import pytest

from ilp_shared.logging import configure_logging
from tests.service.registry.conftest import Registry, person

VILLAGE = "13.76.01.1002"


@pytest.fixture
def log_lines() -> Iterator[io.StringIO]:
    """Yield everything the service logs, in its own format."""
    root, stream = logging.getLogger(), io.StringIO()
    handlers, level = root.handlers, root.level
    configure_logging("registry", "DEBUG")
    handler = root.handlers[0]
    assert isinstance(handler, logging.StreamHandler)
    handler.setStream(stream)
    yield stream
    root.handlers, root.level = handlers, level


async def database_as_text(registry: Registry) -> str:
    """Return every row of every table that could hold something of a person, as text."""
    tables = ("person", "household", "access_audit", "idempotency_key", "event_log")
    contents = [await registry.owner.fetch(f"SELECT t::text AS row FROM {table} t") for table in tables]
    return "\n".join(row["row"] for rows in contents for row in rows)


async def test_nik_is_nowhere_but_in_the_revealed_answer(registry: Registry, log_lines: io.StringIO) -> None:
    body = person(phone="+6281234567890", household={"kk": "1376010101220009"})
    made = await registry.post("/v1/persons", body, "kader", VILLAGE)
    assert made.status_code == 201, made.text
    assert made.json()["nik"] == "*" * 16
    assert made.json()["example_data"] is True
    one = await registry.get(made.headers["location"])
    assert one.json()["phone"] == "+6281234567890"
    listed = await registry.get("/v1/persons", "kader", VILLAGE)
    matches = await registry.post("/v1/persons:search", {"nik": body["nik"]})
    assert [p["id"] for p in matches.json()["items"]] == [made.json()["id"]]
    conflict = await registry.post("/v1/persons", body)
    bad = await registry.post("/v1/persons", body | {"nik": str(body["nik"])[:-1]})
    stored = await database_as_text(registry)
    answers = (made, one, listed, matches, conflict, bad)
    output = "".join(answer.text for answer in answers) + log_lines.getvalue() + stored
    for secret in (str(body["nik"]), str(body["nik"])[:12], "1376010101220009"):
        assert secret not in output
        assert secret.encode().hex() not in stored
    assert "81234567890" not in stored
    events = await registry.owner.fetchval("SELECT string_agg(data, '') FROM event_log WHERE type LIKE '%person%'")
    assert "Siti" not in events
    reveal = await registry.post(f"/v1/persons/{made.json()['id']}/nik:reveal", {"purpose": "care"})
    assert reveal.json() == {"nik": body["nik"]}


async def test_each_reading_is_recorded(registry: Registry) -> None:
    person_id = (await registry.post("/v1/persons", person())).json()["id"]
    await registry.get(f"/v1/persons/{person_id}", "nurse", VILLAGE)
    await registry.post(f"/v1/persons/{person_id}/nik:reveal", {"purpose": "referral"}, "nurse", VILLAGE)
    rows = await registry.owner.fetch(
        "SELECT role, action, purpose FROM access_audit WHERE person_id = $1::uuid ORDER BY id", person_id
    )
    assert [tuple(row) for row in rows] == [
        ("midwife", "persons.register", None),
        ("nurse", "persons.read", None),
        ("nurse", "persons.reveal", "referral"),
    ]
    assert (await registry.post(f"/v1/persons/{person_id}/nik:reveal", {"purpose": "curious"})).status_code == 422
    assert (await registry.post(f"/v1/persons/{person_id}/nik:reveal", {"purpose": "care"}, "kader")).status_code == 403


async def test_persons_outside_the_areas_of_the_account_do_not_exist(registry: Registry) -> None:
    body = person()
    person_id = (await registry.post("/v1/persons", body)).json()["id"]
    assert (await registry.get(f"/v1/persons/{person_id}", "kader", "14.72")).status_code == 404
    assert (await registry.get("/v1/persons", "kader", "14.72", area="13.76")).status_code == 404
    assert (await registry.get("/v1/persons", "kader", "14.72", count="exact")).json()["total"] == 0
    assert (await registry.post("/v1/persons", person(), "kader", "14.72")).status_code == 404
    assert (await registry.post("/v1/persons:search", {"nik": body["nik"]}, "nurse", "14")).json()["items"] == []
    assert (await registry.put(f"/v1/persons/{person_id}", correction(), "nurse", "14")).status_code == 404
    assert (await registry.get("/v1/persons", "dinas")).status_code == 403
    assert (await registry.get("/v1/persons", q="siti")).status_code == 422


async def test_database_is_the_second_wall(registry: Registry) -> None:
    await registry.post("/v1/persons", person(household={"kk": "1376010101220010"}))
    app = await asyncpg.connect(registry.urls.app, server_settings={"search_path": "registry"})
    try:
        for scope, sees in (("14.72", False), ("", False), ("13.7", False), ("13.76.01", True)):
            await app.execute("SELECT set_config('ilp.areas', $1, false)", scope)
            for table in ("person", "household"):
                assert bool(await app.fetchval(f"SELECT count(*) FROM {table}")) is sees, (scope, table)
        await app.execute("SELECT set_config('ilp.areas', '14.72', false)")
        assert await app.execute("UPDATE person SET version = 99") == "UPDATE 0"
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await app.execute(
                "INSERT INTO household (id, home_area, registered_at) VALUES (gen_random_uuid(), $1, now())", VILLAGE
            )
    finally:
        await app.close()


async def test_nik_belongs_to_one_person(registry: Registry) -> None:
    body = person()
    first = (await registry.post("/v1/persons", body)).json()
    inside = await registry.post("/v1/persons", body | {"name": "Orang Lain"}, "midwife", "13.76")
    assert (inside.status_code, inside.json()["existing_id"]) == (409, first["id"])
    elsewhere = body | {"home_area": "14.72.06.1001"}
    outside = await registry.post("/v1/persons", elsewhere, "midwife", "14.72")
    assert outside.status_code == 409, outside.text
    assert outside.json().get("existing_id") is None


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"nik": "1376014502900000"}, None),
        ({"nik": "1376013202900000"}, "/nik"),
        ({"nik": "1376010113900000"}, "/nik"),
        ({"nik": "137601010190000"}, "/nik"),
        ({"birth_date": "2999-01-01"}, "/birth_date"),
        ({"birth_date": "1890-01-01"}, "/birth_date"),
        ({"home_area": "13.76.01.1999"}, "/home_area"),
        ({"home_area": "13.76.01"}, "/home_area"),
        ({"sex": "x"}, "/sex"),
        ({"name": "  "}, "/name"),
        ({"name": "a\u0000b"}, "/name"),
        ({"household": {}}, "/household"),
        ({"note": "x"}, "/note"),
    ],
)
async def test_input_is_judged_field_by_field(
    registry: Registry, change: dict[str, object], pointer: str | None
) -> None:
    answer = await registry.post("/v1/persons", person() | change)
    if pointer is None:
        assert answer.status_code in (201, 409)
    else:
        assert answer.status_code == 422
        assert [error["pointer"] for error in answer.json()["errors"]] == [pointer]


async def test_a_form_that_names_too_little_says_what_to_send(registry: Registry) -> None:
    household = await registry.post("/v1/persons", person(household={}))
    search = await registry.post("/v1/persons:search", {"name_prefix": "Siti"})
    for answer, code, word in ((household, "household_unnamed", "kk"), (search, "not_one_search", "area")):
        (error,) = answer.json()["errors"]
        assert (answer.status_code, error["code"]) == (422, code)
        assert word in error["message"]["id"]


def correction(**changes: object) -> dict[str, object]:
    return {
        "base_version": 1,
        "name": "Nama Baru",
        "sex": "male",
        "birth_date": "2026-01-05",
        "home_area": VILLAGE,
    } | changes


async def test_newborn_gets_a_nik_later_and_versions_have_no_gap(registry: Registry) -> None:
    body = person(name="Bayi Ny. Siti", birth_date="2026-01-04")
    nik = body.pop("nik")
    made = (await registry.post("/v1/persons", body)).json()
    assert (made["identity"], made["nik"]) == ("temporary", None)
    path = f"/v1/persons/{made['id']}"
    assert (await registry.post(f"{path}/nik:reveal", {"purpose": "care"})).status_code == 404
    bound = await registry.put(path, correction(nik=nik, home_area="13.76.02.1002"))
    assert (bound.status_code, bound.json()["version"], bound.json()["identity"]) == (200, 2, "nik")
    assert (await registry.get(path)).json()["name"] == "Nama Baru"
    stale = await registry.put(path, correction())
    assert (stale.status_code, stale.json()["type"]) == (409, "urn:ilp:problem:stale-version")
    assert stale.json()["current_version"] == 2
    other = await registry.put(path, correction(base_version=2, nik=person()["nik"]))
    assert other.status_code == 409
    taken = await registry.post("/v1/persons", person())
    again = await registry.put(f"/v1/persons/{taken.json()['id']}", correction(base_version=1))
    assert again.json()["identity"] == "nik"
    assert await registry.versions_of(made["id"]) == [1, 2]
    keys = await registry.owner.fetch(
        "SELECT key, area_code, data FROM event_log WHERE aggregate_id = $1::uuid ORDER BY id", made["id"]
    )
    assert [(row["key"], row["area_code"]) for row in keys] == [("13.76", VILLAGE), ("13.76", "13.76.02.1002")]
    assert '"sex":"male"' in keys[1]["data"]


async def test_events_name_the_village_only(registry: Registry) -> None:
    home, moved = f"{VILLAGE}.RW09", f"{VILLAGE}.RW09.RT01"
    for code, kind in ((home, "rw"), (moved, "rt")):
        made = await registry.post("/v1/areas", {"code": code, "name": kind.upper(), "kind": kind}, "dinas", "13.76")
        assert made.status_code == 201, made.text
    made = await registry.post("/v1/persons", person(home_area=home))
    assert made.json()["home_area"] == home
    path = f"/v1/persons/{made.json()['id']}"
    assert (await registry.put(path, correction(home_area=moved))).json()["home_area"] == moved
    assert (await registry.get(path, "kader", home)).json()["home_area"] == moved
    events = await registry.owner.fetch(
        "SELECT key, area_code, data FROM event_log WHERE aggregate_id = $1::uuid", made.json()["id"]
    )
    assert len(events) == 2
    for event in events:
        assert (event["key"], event["area_code"]) == ("13.76", VILLAGE)
        assert json.loads(event["data"])["home_area"] == VILLAGE


async def test_household_is_shared_by_its_card(registry: Registry) -> None:
    card = {"kk": "1376010101220077"}
    ids = [(await registry.post("/v1/persons", person(household=card))).json()["household_id"] for _ in range(2)]
    assert ids[0] == ids[1]
    by_id = await registry.post("/v1/persons", person(household={"id": ids[0]}))
    assert by_id.json()["household_id"] == ids[0]
    members = await registry.get("/v1/persons", household=ids[0], count="exact")
    assert members.json()["total"] == 3
    elsewhere = person(home_area="14.72.06.1001", household=card)
    assert (await registry.post("/v1/persons", elsewhere, "midwife", "14.72")).status_code == 409


async def test_name_search_and_paging(registry: Registry) -> None:
    village = "62.10.02.1012"
    names = ["Ayu Lestari", "Ayunda P.", "Budi"] * 3
    for name in names:
        await registry.post("/v1/persons", person(name=name, home_area=village))
    matches = (await registry.post("/v1/persons:search", {"name_prefix": "AYU", "area": "62.10.02"})).json()
    assert len(matches["items"]) == 6
    assert matches["more"] is False
    elsewhere = {"name_prefix": "ayu", "area": "62.10"}
    assert (await registry.post("/v1/persons:search", elsewhere, "midwife", "13.76")).status_code == 404
    assert (await registry.post("/v1/persons:search", {"name_prefix": "ayu"})).status_code == 422
    seen: set[str] = set()
    cursor: dict[str, str] = {}
    while True:
        page = (await registry.get("/v1/persons", area="62.10", limit=4, **cursor)).json()
        seen |= {item["id"] for item in page["items"]}
        if page["next"] is None:
            break
        cursor = {"cursor": page["next"]}
    assert len(seen) == 9
