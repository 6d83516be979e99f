"""No answer depends on a digit of a NIK's serial: two persons who differ in it only are answered alike, to every role.

Area, birth date and sex of a NIK are shown beside it, so its serial is the secret. `nik:reveal` shows it, to those
whose permission is named after that, and `nik:match` says yes or no to a whole number.
"""

from collections.abc import AsyncIterator, Iterator
from random import Random
from typing import Any

import httpx2
import pytest
import pytest_asyncio

from ilp_shared.auth.permissions import Role
from ilp_shared.ids import new_id
from tests.access.grants import GRANTS
from tests.access.objects import HOME, Reach, registry_objects
from tests.support.api import Issuer
from tests.support.databases import Databases

BORN = "1991-04-05"
DIGITS = "137601" + "450491"
GUESS = DIGITS + "2345"
"""The number of one of them."""
PLACES = 4
Answer = tuple[int, str]


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def reach(databases: Databases, issuer: Issuer) -> AsyncIterator[Reach]:
    """Yield a registry with the areas of HOME."""
    async with registry_objects(databases, issuer) as objects:
        yield objects


def serials() -> Iterator[tuple[str, str]]:
    """Yield pairs of serials: one for each digit in which only that digit differs, and one in which all differ."""
    chance = Random(11)
    for place in range(PLACES):
        first = [chance.randrange(10) for _ in range(PLACES)]
        second = [(digit + 1) % 10 if at == place else digit for at, digit in enumerate(first)]
        yield "".join(map(str, first)), "".join(map(str, second))
    yield "2345", "6789"


class Reader:
    """Asks the same of two persons and compares the answers without what names each of them."""

    def __init__(self, reach: Reach, issuer: Issuer) -> None:
        self._reach, self._issuer = reach, issuer

    async def answers_about(self, serial: str) -> dict[str, Answer]:
        """Register a person with a serial and ask everything that any role can ask about them."""
        nik = DIGITS + serial
        body = {"nik": nik, "name": "Contoh Kembar", "sex": "female", "birth_date": BORN, "home_area": HOME}
        body["household"] = {"id": str(new_id())}  # type: ignore[assignment]  # an object among texts
        key = str(new_id())
        made = await self._ask("midwife", "POST", "/v1/persons", body, key)
        person = made.json()["id"]
        answers = {"register": made, "register again": await self._ask("midwife", "POST", "/v1/persons", body, key)}
        for role in Role:
            for asked, (method, path, content) in self._questions(person, body).items():
                answers[f"{role} {asked}"] = await self._ask(role, method, path, content)
        known = {person: "", made.json()["household_id"]: ""}
        return {name: (answer.status_code, _anonymous(answer, known)) for name, answer in answers.items()}

    def _questions(self, person: str, body: dict[str, Any]) -> dict[str, tuple[str, str, Any]]:
        item = {**body, "idempotency_key": str(new_id())}
        correction = {name: body[name] for name in ("name", "sex", "birth_date", "home_area")}
        household = str(body["household"]["id"])
        return {
            "read": ("GET", f"/v1/persons/{person}", None),
            "list": ("GET", f"/v1/persons?household={household}", None),
            "search by name": ("POST", "/v1/persons:search", {"name_prefix": "contoh kembar", "area": HOME}),
            "search by nik": ("POST", "/v1/persons:search", {"nik": body["nik"]}),
            "register": ("POST", "/v1/persons", body),
            "register batch": ("POST", "/v1/persons:batch", {"items": [item]}),
            "correct an old version": ("PUT", f"/v1/persons/{person}", {**correction, "base_version": 9}),
            "correct with a number": ("PUT", f"/v1/persons/{person}", {**correction, "base_version": 1, "nik": GUESS}),
            "match an impossible number": ("POST", f"/v1/persons/{person}/nik:match", {"nik": "0" * 16}),
            "events": ("GET", "/v1/events?shard=0", None),
        }

    async def _ask(self, role: str, method: str, path: str, body: Any, key: str | None = None) -> httpx2.Response:
        headers = self._issuer.headers(role, HOME, key=key)
        return await self._reach.client.request(method, path, json=body, headers=headers)


def _anonymous(answer: httpx2.Response, known: dict[str, str]) -> str:
    """Return the text of an answer without ids of its own: of the person, the trace, the keys of a batch."""
    content = answer.json()
    if isinstance(content, dict):
        for part in (content, *content.get("results", ())):
            part.pop("trace_id", None)
            part.pop("idempotency_key", None)
            part.pop("instance", None)
        items = content.get("items", ())
        content["items"] = [one for one in items if one["id"] in known]
    text = str(content)
    for name, replacement in known.items():
        text = text.replace(name, replacement)
    return text


@pytest.mark.parametrize(("first", "second"), list(serials()))
async def test_no_answer_depends_on_the_serial(reach: Reach, issuer: Issuer, first: str, second: str) -> None:
    reader = Reader(reach, issuer)
    one, other = await reader.answers_about(first), await reader.answers_about(second)
    assert [name for name in one if one[name] != other[name]] == []
    assert sum(status < 300 for status, _ in one.values()) > len(GRANTS["persons:read"])


async def test_a_typed_number_is_the_bound_one_or_not(reach: Reach, issuer: Issuer) -> None:
    nik = DIGITS + "4321"
    person = {"nik": nik, "name": "Contoh Kartu", "sex": "female", "birth_date": BORN, "home_area": HOME}
    made = await reach.client.post("/v1/persons", json=person, headers=issuer.headers("kader", HOME))
    path = f"/v1/persons/{made.json()['id']}/nik:match"
    newborn = {**person, "nik": None}
    unbound = await reach.client.post("/v1/persons", json=newborn, headers=issuer.headers("kader", HOME))
    for role in sorted(GRANTS["persons:match"]):
        for number, matches in ((nik, True), (DIGITS + "4322", False)):
            answer = await reach.client.post(path, json={"nik": number}, headers=issuer.headers(role, HOME))
            assert (answer.status_code, answer.json()) == (200, {"matches": matches}), role
    unbound_path = f"/v1/persons/{unbound.json()['id']}/nik:match"
    answer = await reach.client.post(unbound_path, json={"nik": nik}, headers=issuer.headers("kader", HOME))
    assert answer.json() == {"matches": False}
    elsewhere = await reach.client.post(path, json={"nik": nik}, headers=issuer.headers("midwife", "14.72"))
    assert elsewhere.status_code == 404
