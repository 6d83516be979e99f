"""What is taken is refused in one way; that something exists can be learnt at a limited rate, never who or where.

A registry of its own: here an account has few look-ups in an hour.
"""

import asyncio
import os
import socket
import sys
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Any

import httpx2
import pytest
import pytest_asyncio

from ilp_registry.service import SERVICE
from ilp_shared.auth import development
from ilp_shared.ids import new_id
from tests.access.settings import EXTRA
from tests.service.registry.conftest import person
from tests.support.api import Api, Issuer, open_api
from tests.support.children import killed_at_end
from tests.support.databases import Databases
from tests.support.waiting import eventually

HOME, AWAY = "13.76.01.1002", "14.72.06.1001"
PER_HOUR = 6
CARD, CARD_FREE = "1376010101220099", "1376010101220088"
FREE_OF_A_SERIES = 10
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

    async def batch(self, forms: Sequence[Json], account: dict[str, str]) -> list[Json]:
        """Register many persons with fresh keys; returns the results."""
        items = [{**form, "idempotency_key": str(new_id())} for form in forms]
        answer = await self.post("/v1/persons:batch", {"items": items}, account)
        assert answer.status_code == 200, answer.text
        results: list[Json] = answer.json()["results"]
        return results

    async def correct(self, person_id: str, body: Json, nik: object, account: dict[str, str]) -> httpx2.Response:
        """Correct a person in its first version, with a NIK or none."""
        change = {name: body[name] for name in ("name", "sex", "birth_date", "home_area")} | {"base_version": 1}
        change |= {"nik": nik} if nik is not None else {}
        headers = {**account, "Idempotency-Key": str(new_id())}
        return await self.api.client.put(f"/v1/persons/{person_id}", json=change, headers=headers)

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


def unnamed(**changes: object) -> Json:
    """Return a person without a NIK."""
    body = person(**changes)
    del body["nik"]
    return body


async def held_away(door: Door, number: int) -> list[Json]:
    """Return bodies of new persons of HOME whose NIKs are held in another province."""
    forms = [person(home_area=AWAY) for _ in range(number)]
    results = await door.batch(forms, door.account("midwife", AWAY))
    assert {result["status"] for result in results} == {"accepted"}
    return [{**form, "home_area": HOME} for form in forms]


def shape_of(answer: httpx2.Response) -> tuple[int, Json, list[str]]:
    """Return what an answer tells, without what names the request."""
    problem = {name: value for name, value in answer.json().items() if name not in ("trace_id", "instance")}
    problem["retry_after_s"] = problem.get("retry_after_s") is not None
    return answer.status_code, problem, sorted(name for name in answer.headers if name != "date")


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
    for role, permission in (("kader", False), ("midwife", True), ("integrator", True)):
        home = await door.post("/v1/persons", bodies["NIK held at home"], door.account(role))
        away = await door.post("/v1/persons", bodies["NIK held elsewhere"], door.account(role))
        assert (("existing_id" in home.json()), ("existing_id" in away.json())) == (permission, False), role


async def test_a_conflict_is_looked_up_before_anything_is_written(door: Door, bodies: dict[str, Json]) -> None:
    households = await door.api.rows("SELECT count(*) FROM household")
    await door.post("/v1/persons", bodies["id held elsewhere, KK free"], door.account("kader"))
    assert await door.api.rows("SELECT count(*) FROM household") == households


async def test_rows_of_a_batch_spend_the_hour_of_an_account(door: Door) -> None:
    account, before, known = door.account("kader"), await door.persons(), await held_away(door, PER_HOUR + 2)
    first = await door.batch([*known[: PER_HOUR - 1], person()], account)
    assert [result["status"] for result in first] == ["conflict"] * (PER_HOUR - 1) + ["accepted"]
    forms = [known[PER_HOUR - 1], known[PER_HOUR], person(), unnamed(), known[0], person(household={"kk": CARD_FREE})]
    second = await door.batch(forms, account)
    statuses = [result["status"] for result in second]
    assert statuses == ["conflict", "rejected", "rejected", "accepted", "conflict", "rejected"]
    refusals = [result["problem"] for result in second if result["status"] == "rejected"]
    assert refusals == [refusals[0]] * 3, "what is taken and what is free are refused alike"
    assert (refusals[0]["status"], refusals[0]["retryable"]) == (429, True)
    assert 0 < refusals[0]["retry_after_s"] <= 3600
    assert await door.persons() == before + PER_HOUR + 2 + 2, "the held ones, and what was accepted"


async def test_an_account_without_look_ups_is_answered_alike_whatever_is_taken(door: Door) -> None:
    account, known = door.account("kader"), await held_away(door, PER_HOUR + 1)
    await door.batch(known[:PER_HOUR], account)
    free_id, taken_id = str(new_id()), (await registered(door, AWAY))[1]
    pairs = [(known[-1], person()), (unnamed(id=taken_id), unnamed(id=free_id))]
    for taken, free in pairs:
        answers = [await door.post("/v1/persons", body, account) for body in (taken, free)]
        assert [answer.status_code for answer in answers] == [429, 429]
        assert shape_of(answers[0]) == shape_of(answers[1])
        assert 1 <= int(answers[0].headers["retry-after"]) <= 3600
    assert (await door.post("/v1/persons", unnamed(), account)).status_code == 201, (
        "what names nothing needs no look-up"
    )
    again = await door.post("/v1/persons", known[0], account)
    assert again.status_code == 409, "a conflict that the account knows costs nothing"
    assert (await door.post("/v1/persons", known[-1], door.account("kader"))).status_code == 409


async def test_a_batch_with_more_known_persons_than_look_ups_is_stored_in_the_end(door: Door) -> None:
    account, known = door.account("kader"), await held_away(door, PER_HOUR * 2)
    new = [person() for _ in range(PER_HOUR * 2)]
    forms = [form for pair in zip(known, new, strict=True) for form in pair]
    items = [{**form, "idempotency_key": str(new_id())} for form in forms]
    stored: list[int] = []
    for _hour in range(3):
        results = (await door.post("/v1/persons:batch", {"items": items}, account)).json()["results"]
        stored.append(sum(result["status"] in ("accepted", "duplicate") for result in results))
        await door.api.as_owner("UPDATE lookup SET at = at - interval '61 minutes'")
    assert stored == [PER_HOUR - 1, 2 * PER_HOUR - 1, len(new)]
    assert [result["status"] for result in results[::2]] == ["conflict"] * len(known)


async def test_parallel_requests_do_not_learn_more(door: Door) -> None:
    account, known = door.account("kader"), await held_away(door, PER_HOUR * 2)
    answers = await asyncio.gather(*(door.post("/v1/persons", body, account) for body in known))
    assert Counter(answer.status_code for answer in answers) == {409: PER_HOUR, 429: PER_HOUR}


async def test_an_id_that_is_repeated_is_refused_before_anything_is_looked_up(door: Door) -> None:
    account, (held,) = door.account("kader"), await held_away(door, 1)
    same = str(new_id())
    results = await door.batch([unnamed(id=same), {**held, "id": same}, person(id=same)], account)
    assert [result["status"] for result in results] == ["accepted", "conflict", "conflict"]
    assert results[1]["problem"] == results[2]["problem"]


async def test_numbers_that_differ_in_the_serial_are_guesses_and_spend_too(door: Door) -> None:
    account = door.account("kader")
    held = person(nik="1376011502900042")
    assert (await door.post("/v1/persons", held, door.account("midwife"))).status_code == 201
    guesses = [person(nik=f"137601150290{serial:04d}") for serial in range(1, 60)]
    results = await door.batch(guesses, account)
    statuses = [result["status"] for result in results]
    assert statuses == ["accepted"] * (FREE_OF_A_SERIES + PER_HOUR) + ["rejected"] * (59 - FREE_OF_A_SERIES - PER_HOUR)
    later = await door.post("/v1/persons", held, account)
    assert later.status_code == 429


async def test_numbers_of_cards_are_guessed_at_the_same_rate(door: Door) -> None:
    account, card = door.account("kader"), "1376010101220050"
    body, _ = await registered(door, HOME, household={"kk": card})
    listed = await door.api.client.get("/v1/persons", params={"limit": 500}, headers=account)
    household = next(one["household_id"] for one in listed.json()["items"] if one["household_id"])
    guesses = [
        person(household={"id": household, "kk": f"{card[:-2]}{serial}"}) for serial in range(60, 60 + 2 * PER_HOUR)
    ]
    results = await door.batch(guesses, account)
    assert [result["status"] for result in results] == ["conflict"] * PER_HOUR + ["rejected"] * PER_HOUR
    assert body["household"] == {"kk": card}


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
    account, known = door.account("kader"), await held_away(door, PER_HOUR + 1)
    body = unnamed()
    made = (await door.post("/v1/persons", body, door.account("kader"))).json()
    for held in known[:PER_HOUR]:
        assert shape_of(await door.correct(made["id"], body, held["nik"], account))[0] == 409
    answers = [await door.correct(made["id"], body, nik, account) for nik in (known[-1]["nik"], person()["nik"])]
    assert [answer.status_code for answer in answers] == [429, 429]
    assert shape_of(answers[0]) == shape_of(answers[1]), "the free number is not bound"
    assert (await door.correct(made["id"], body, None, account)).status_code == 200


@pytest.mark.parametrize("spent", [0, PER_HOUR])
async def test_a_number_that_is_bound_cannot_be_guessed_by_corrections(door: Door, spent: int) -> None:
    account = door.account("kader")
    body, person_id = await registered(door, HOME)
    await door.batch(await held_away(door, spent), account) if spent else None
    before = len(await door.vain("kader", "persons.probe"))
    answers = [await door.correct(person_id, body, nik, account) for nik in (body["nik"], person()["nik"])]
    assert [answer.status_code for answer in answers] == [409, 409], "the right number too"
    assert shape_of(answers[0]) == shape_of(answers[1])
    assert len(await door.vain("kader", "persons.probe")) == before + 2
    assert (await door.correct(person_id, body, None, account)).status_code == 200


async def test_the_worker_deletes_look_ups_of_accounts_that_never_come_back(door: Door) -> None:
    ages = {"spent": 61, "recent": 1, "question": 61, "old question": 60 * 24 * 8}
    for client, minutes in ages.items():
        question = "'x'" if "question" in client else "NULL"
        await door.api.as_owner(
            "INSERT INTO lookup (client, at, number, question)"
            f" VALUES ('{client}', clock_timestamp() - interval '{minutes} minutes', 1, {question})"
        )

    async def are_deleted() -> bool:
        rows = await door.api.rows("SELECT client FROM lookup WHERE client = ANY($1)", list(ages))
        return {row["client"] for row in rows} == {"recent", "question"}

    with socket.create_server(("127.0.0.1", 0)) as silent_broker:
        settings = {
            "PROFILE": "development",
            "DATABASE_URL": door.api.urls.app,
            "KAFKA_BOOTSTRAP": f"127.0.0.1:{silent_broker.getsockname()[1]}",
            "WORKER_STATUS_PORT": "0",
            "OIDC_ISSUER": development.ISSUER,
            "OIDC_JWKS": str(door.issuer.folder / "jwks.json"),
            **{name.upper(): value for name, value in EXTRA["registry"].items()},
        }
        worker = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "ilp_registry", "worker"),
            env={**os.environ, **{f"ILP_REGISTRY_{name}": value for name, value in settings.items()}},
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
        )
        async with killed_at_end(worker):
            await eventually(are_deleted, within_s=60)


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
