"""What is taken is refused in one way; that something exists can be learnt at a limited rate, never who or where.

A registry of its own: here an account has few look-ups in an hour.
"""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import httpx2
import pytest
import pytest_asyncio

from ilp_registry.service import SERVICE
from ilp_shared.ids import new_id
from tests.access.settings import EXTRA
from tests.service.registry.conftest import person
from tests.support.api import Api, Issuer, open_api
from tests.support.databases import Databases

HOME, AWAY = "13.76.01.1002", "14.72.06.1001"
PER_HOUR = 6
CARD = "1376010101220099"
Json = dict[str, Any]


@dataclass(frozen=True)
class Door:
    """The registry, and accounts that have spent nothing yet."""

    api: Api
    issuer: Issuer

    def account(self, role: str, area: str = HOME) -> dict[str, str]:
        """Return the token of a new account."""
        token = self.issuer.token(role, area, subject=f"{role}-{new_id()}")
        return {"Authorization": f"Bearer {token}"}

    async def post(self, path: str, body: Json, account: dict[str, str]) -> httpx2.Response:
        """Send a write with a fresh key."""
        return await self.api.client.post(path, json=body, headers={**account, "Idempotency-Key": str(new_id())})

    async def vain(self, account_role: str, action: str) -> list[Json]:
        """Return the audit's rows of accesses in vain by a role."""
        rows = await self.api.rows(
            "SELECT outcome, object_id, number_index, person_id FROM access_audit"
            " WHERE action = $1 AND role = $2 AND outcome <> 'given' ORDER BY id",
            action,
            account_role,
        )
        return [dict(row) for row in rows]

    async def persons(self) -> int:
        """Return how many persons are stored."""
        return int((await self.api.rows("SELECT count(*) FROM person"))[0][0])


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def door(databases: Databases, issuer: Issuer) -> AsyncIterator[Door]:
    """Yield a registry with two villages of different provinces."""
    urls = await databases.create(SERVICE)
    limits = {"lookups_per_hour": PER_HOUR}
    async with open_api(SERVICE, urls, issuer, limits=limits, **EXTRA["registry"]) as api:
        for code in (HOME, AWAY):
            await api.as_owner(
                f"INSERT INTO area (code, name, level, kind, dataset) VALUES ('{code}', 'x', 'village', 'x', 'test')"
            )
        yield Door(api, issuer)


async def registered(door: Door, area: str, **changes: object) -> tuple[Json, str]:
    """Register a person and return what was sent, and the id."""
    body = person(home_area=area, **changes)
    made = await door.post("/v1/persons", body, door.account("midwife", area))
    assert made.status_code == 201, made.text
    return body, made.json()["id"]


async def taken_bodies(door: Door) -> dict[str, Json]:
    """Return bodies of new persons of HOME that name something taken, by what it is and where it is held."""
    at_home, home_id = await registered(door, HOME)
    elsewhere, away_id = await registered(door, AWAY, household={"kk": CARD})
    return {
        "NIK held at home": person(nik=at_home["nik"]),
        "NIK held elsewhere": person(nik=elsewhere["nik"]),
        "id held at home": person(id=home_id),
        "id held elsewhere": person(id=away_id),
        "id held elsewhere, NIK held": person(id=away_id, nik=at_home["nik"]),
        "id held elsewhere, NIK free": person(id=away_id),
        "KK held elsewhere": person(household={"kk": CARD}),
        "id held elsewhere, KK held": person(id=away_id, household={"kk": CARD}),
        "id held elsewhere, KK free": person(id=away_id, household={"kk": CARD[:-1] + "8"}),
    }


@pytest.fixture(scope="module")
def card_bodies() -> dict[str, Json]:
    """Provide a place for the bodies, which are made once."""
    return {}


@pytest_asyncio.fixture(loop_scope="session")
async def bodies(door: Door, card_bodies: dict[str, Json]) -> dict[str, Json]:
    """Provide bodies that name something taken."""
    if not card_bodies:
        card_bodies.update(await taken_bodies(door))
    return card_bodies


async def test_everything_taken_is_refused_alike(door: Door, bodies: dict[str, Json]) -> None:
    before, seen = await door.persons(), set()
    for body in bodies.values():
        answer = await door.post("/v1/persons", body, door.account("kader"))
        problem = answer.json()
        del problem["trace_id"]
        seen.add((answer.status_code, str(problem), str(sorted(name for name in answer.headers if name != "date"))))
    assert len(seen) == 1, seen
    assert next(iter(seen))[0] == 409
    assert "existing_id" not in next(iter(seen))[1]
    item = [{"idempotency_key": str(new_id()), **body} for body in list(bodies.values())[:PER_HOUR]]
    batch = await door.post("/v1/persons:batch", {"items": item}, door.account("kader"))
    results = batch.json()["results"]
    assert {(result["status"], result["id"], str(result["problem"])) for result in results} == {
        ("conflict", None, str(results[0]["problem"]))
    }
    assert await door.persons() == before


async def test_only_an_account_that_may_search_is_shown_who(door: Door, bodies: dict[str, Json]) -> None:
    for role, shown in (("kader", False), ("midwife", True), ("integrator", True)):
        home = await door.post("/v1/persons", bodies["NIK held at home"], door.account(role))
        away = await door.post("/v1/persons", bodies["NIK held elsewhere"], door.account(role))
        assert (("existing_id" in home.json()), ("existing_id" in away.json())) == (shown, False), role


async def test_a_conflict_is_looked_up_before_anything_is_written(door: Door, bodies: dict[str, Json]) -> None:
    households = await door.api.rows("SELECT count(*) FROM household")
    await door.post("/v1/persons", bodies["id held elsewhere, KK free"], door.account("kader"))
    assert await door.api.rows("SELECT count(*) FROM household") == households


async def test_rows_of_a_batch_spend_the_hour_of_an_account(door: Door, bodies: dict[str, Json]) -> None:
    account, before = door.account("kader"), await door.persons()

    async def send(conflicts: int, free: int) -> httpx2.Response:
        forms = [bodies["NIK held elsewhere"]] * conflicts + [person() for _ in range(free)]
        items = [{**form, "idempotency_key": str(new_id())} for form in forms]
        return await door.post("/v1/persons:batch", {"items": items}, account)

    assert [r["status"] for r in (await send(PER_HOUR - 1, 1)).json()["results"]] == ["conflict"] * 5 + ["accepted"]
    refused = await send(2, 1)
    assert refused.status_code == 429, refused.text
    assert refused.headers["content-type"] == "application/problem+json"
    assert 1 <= int(refused.headers["retry-after"]) <= 3600
    assert await door.persons() == before + 1, "a refused batch stores nothing"
    single = await door.post("/v1/persons", bodies["NIK held at home"], account)
    assert single.status_code == 429, "the refused batch has spent what was left"
    assert (await door.post("/v1/persons", person(), account)).status_code == 201, "what is free needs no look-up"
    assert (await door.post("/v1/persons", bodies["NIK held at home"], door.account("kader"))).status_code == 409


async def test_searches_and_matches_spend_too_and_all_processes_count_together(door: Door, issuer: Issuer) -> None:
    body, person_id = await registered(door, HOME)
    account = door.account("nurse")
    for _ in range(PER_HOUR // 2):
        assert (await door.post("/v1/persons:search", {"nik": body["nik"]}, account)).status_code == 200
    path = f"/v1/persons/{person_id}/nik:match"
    limits = {"lookups_per_hour": PER_HOUR}
    async with open_api(SERVICE, door.api.urls, issuer, limits=limits, **EXTRA["registry"]) as other:
        second = Door(other, issuer)
        for _ in range(PER_HOUR - PER_HOUR // 2):
            assert (await second.post(path, {"nik": body["nik"]}, account)).json() == {"matches": True}
        assert (await second.post(path, {"nik": body["nik"]}, account)).status_code == 429
    assert (await door.post("/v1/persons:search", {"nik": body["nik"]}, account)).status_code == 429
    await door.api.as_owner("UPDATE lookup SET at = at - interval '61 minutes'")
    assert (await door.post("/v1/persons:search", {"nik": body["nik"]}, account)).status_code == 200


async def test_a_correction_tells_no_more_than_a_registration(door: Door) -> None:
    held, _ = await registered(door, AWAY)
    _, bound = await registered(door, HOME)
    unbound = person()
    del unbound["nik"]
    made = await door.post("/v1/persons", unbound, door.account("kader"))
    account = door.account("kader")
    change = {name: unbound[name] for name in ("name", "sex", "birth_date", "home_area")}
    statuses = []
    for person_id in [made.json()["id"], bound] * (PER_HOUR // 2) + [bound]:
        headers = {**account, "Idempotency-Key": str(new_id())}
        body = {**change, "base_version": 1, "nik": held["nik"]}
        answer = await door.api.client.put(f"/v1/persons/{person_id}", json=body, headers=headers)
        assert "existing_id" not in answer.json()
        statuses.append(answer.status_code)
    assert statuses == [409] * PER_HOUR + [429]


async def test_refusals_and_empty_searches_leave_rows(door: Door, bodies: dict[str, Json]) -> None:
    _, away_id = await registered(door, AWAY)
    kader, head = door.account("kader"), door.account("puskesmas_head")
    before = {action: len(await door.vain("kader", action)) for action in ("persons.probe", "persons.read")}
    await door.post("/v1/persons", bodies["KK held elsewhere"], kader)
    probes = (await door.vain("kader", "persons.probe"))[before["persons.probe"] :]
    assert [(row["outcome"], row["person_id"]) for row in probes] == [("refused", None)] * 2
    assert all(row["number_index"] for row in probes), "the blind indexes of NIK and KK, never the numbers"
    assert (await door.api.client.get(f"/v1/persons/{away_id}", headers=kader)).status_code == 404
    reads = (await door.vain("kader", "persons.read"))[before["persons.read"] :]
    assert [(row["outcome"], str(row["object_id"])) for row in reads] == [("refused", away_id)]
    assert (await door.post("/v1/persons:search", {"nik": person()["nik"]}, kader)).status_code == 403
    assert [row["outcome"] for row in await door.vain("kader", "persons.search")] == ["refused"]
    await door.post("/v1/persons:search", {"nik": person()["nik"]}, head)
    await door.post("/v1/persons:search", {"name_prefix": "tidak ada", "area": HOME}, head)
    empty = await door.vain("puskesmas_head", "persons.search")
    assert [(row["outcome"], row["number_index"] is None) for row in empty] == [("nothing", False), ("nothing", True)]
    item = {**person(home_area=AWAY), "idempotency_key": str(new_id())}
    before_batch = len(await door.vain("puskesmas_head", "persons.write"))
    await door.post("/v1/persons:batch", {"items": [item, {**item, "idempotency_key": str(new_id())}]}, head)
    assert len(await door.vain("puskesmas_head", "persons.write")) == before_batch + 2
