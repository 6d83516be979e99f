"""Lenient scalars: every value of every body of the four OpenAPI documents is read as it is written, or refused.

The places are read from the documents: a number is no date, text is no number, nothing is no name. Each is refused at
its own pointer, in a batch as the problem of its item.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import httpx2
import pytest

from ilp_shared.ids import new_id
from tests.access.objects import HOME, OPENERS
from tests.hostile.conftest import Target

Json = dict[str, Any]
PERSON: Json = {"name": "Contoh", "sex": "female", "birth_date": "1990-02-03", "home_area": HOME}
FACILITY: Json = {"kind": "posyandu", "name": "Contoh", "area_code": HOME}
AREA: Json = {"code": f"{HOME}.RW03", "name": "RW 03", "kind": "rw"}
SUBJECT: Json = {"sex": "female", "birth_date": "1990-01-01"}
WRONG: dict[str, tuple[object, ...]] = {
    "date": (
        0, "0", 1709251200, "1709251200", 1.5, True, "20240301", "2024-03-01T00:00:00", "0001-01-01", "9999-12-31", [],
    ),
    "date-time": (
        0, "0", 1709251200, "1709251200", True, "2026-11-20", "2026-11-20T08:00:00", "0001-01-01T00:00:00+23:59",
        "9999-12-31T23:59:59-23:59", "2201-01-01T00:00:00Z", {},
    ),
    "uuid": (0, True, "0", "x", "\0", []),
    "string": (0, 1.5, True, "\0", "x" * 5_000, [], {}),
    "integer": ("1", "0", 1.5, 1.0, True, 2**63, -(2**63), 2**64, []),
    "number": ("1", "9,4", True, "NaN", [], {}),
    "boolean": (0, 1, "true", "1", []),
}  # fmt: skip
NO_NAMES = ("\u200b", ".", "-", "\u3164", "12", "💉")


@dataclass(frozen=True)
class Place:
    """One scalar of a body: the way to it, and its kind."""

    way: tuple[str | int, ...]
    kind: str

    @property
    def pointer(self) -> str:
        """Return the JSON pointer."""
        return "".join(f"/{part}" for part in self.way)

    def put(self, body: Json, value: object) -> Json:
        """Return the body with a value at this place; objects and lists that lack on the way are made."""
        return put_at(body, self.way, value)  # type: ignore[no-any-return]  # the way begins in an object


def put_at(holder: Any, way: tuple[str | int, ...], value: object) -> Any:
    """Return a holder with a value at the end of a way."""
    if not way:
        return value
    if isinstance(way[0], int):
        return [put_at(None, way[1:], value)]
    inner = holder if isinstance(holder, dict) else {}
    return inner | {way[0]: put_at(inner.get(way[0]), way[1:], value)}


def places_of(document: Json, schema: Json, way: tuple[str | int, ...] = ()) -> Iterator[Place]:
    """Yield every scalar of a schema; a choice among words counts as text."""
    if "$ref" in schema:
        schema = document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    for choice in schema.get("anyOf", ()):
        yield from places_of(document, choice, way)
    kind = schema.get("type")
    if kind == "object":
        for name, inner in schema.get("properties", {}).items():
            yield from places_of(document, inner, (*way, name))
    elif kind == "array":
        yield from places_of(document, schema["items"], (*way, 0))
    elif kind in ("string", "integer", "number", "boolean"):
        yield Place(way, str(schema.get("format", kind)))


def sound_bodies(target: Target) -> dict[str, Json]:
    """Return a body that each write of a service takes, by path."""
    home = target.reach.home
    if target.name == "registry":
        own = {"/v1/persons": PERSON, "/v1/facilities": FACILITY, "/v1/areas": AREA}
        own["/v1/persons:search"] = {"name_prefix": "con", "area": HOME}
    elif target.name == "screening":
        record: Json = {"person_id": home["person"], "facility_id": home["facility"]}
        record |= {"occurred_at": "2025-11-22T02:00:00Z", "observations": {"weight_kg": 10.4}}
        own = {"/v1/screenings": record, "/v1/open-days": {"facility_id": home["facility"], "day": "2026-11-21"}}
        own["/v1/evaluations"] = {
            "subject": SUBJECT,
            "occurred_on": "2026-11-20",
            "observations": {"sbp": 120, "dbp": 70},
        }
    else:
        own = {}
    return {**target.reach.bodies, **own}


def writes_of(target: Target) -> Iterator[tuple[str, str, Json, list[Place]]]:
    """Yield method, path, sound body and places of every operation with a body; of a batch, those of its item."""
    document, bodies = target.reach.app.openapi(), sound_bodies(target)
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            content = operation.get("requestBody", {}).get("content", {})
            if "application/json" not in content:
                continue
            places = list(places_of(document, content["application/json"]["schema"]))
            if path.endswith(":batch"):
                items = [Place(place.way[2:], place.kind) for place in places if place.way[:2] == ("items", 0)]
                places = [place for place in items if place.way != ("idempotency_key",)]
            yield method.upper(), path, bodies[path.removesuffix(":batch")], places


async def send(target: Target, method: str, path: str, body: Json) -> httpx2.Response:
    """Send a body under a new key; in a batch, as its one item."""
    route = path
    for name, known in target.reach.ids.items():
        path = path.replace(f"{{{name}}}", known)
    if path.endswith(":batch"):
        body = {"items": [{"idempotency_key": str(new_id()), **body}]}
    headers = target.authorization(target.role_for(method, route)) | {"Idempotency-Key": str(new_id())}
    return await target.reach.client.request(method, path, json=body, headers=headers)


def refused(answer: httpx2.Response, path: str, pointer: str) -> bool:
    """Tell whether a place was refused: by a problem, or by that of the batch's item."""
    problem = answer.json()
    if path.endswith(":batch"):
        problem = problem["results"][0]["problem"] or {}
    elif answer.status_code != 422:
        return False
    return any(error["pointer"].startswith(pointer) for error in problem.get("errors", ()))


@pytest.mark.parametrize("name", [name for name in OPENERS if name != "monitoring"])
async def test_every_scalar_of_every_body_is_read_as_it_is_written(targets: dict[str, Target], name: str) -> None:
    target, tried, wrong = targets[name], 0, []
    for method, path, body, places in writes_of(target):
        for place in places:
            for value in WRONG[place.kind]:
                answer = await send(target, method, path, place.put(body, value))
                tried += 1
                if answer.status_code >= 500 or not refused(answer, path, place.pointer):
                    wrong.append(f"{method} {path} {place.pointer} {value!a:.40}: {answer.status_code}")
    assert tried > 30, "no places were found"
    assert wrong == []


async def test_a_name_has_a_letter(targets: dict[str, Target]) -> None:
    registry = targets["registry"]
    for path, body in (("/v1/persons", PERSON), ("/v1/facilities", FACILITY), ("/v1/areas", AREA)):
        for name in NO_NAMES:
            answer = await send(registry, "POST", path, body | {"name": name})
            assert [(error["pointer"], error["code"]) for error in answer.json()["errors"]] == [("/name", "no_letter")]
    for name in ("Suharto", "Ma'ruf", "O"):
        assert (await send(registry, "POST", "/v1/persons", PERSON | {"name": name})).status_code == 201


async def test_an_area_code_exists_once_whatever_its_case(targets: dict[str, Target]) -> None:
    registry = targets["registry"]
    first = await send(registry, "POST", "/v1/areas", AREA | {"code": f"{HOME}.Rw41"})
    assert (first.status_code, first.json()["code"]) == (201, f"{HOME}.RW41")
    again = await send(registry, "POST", "/v1/areas", AREA | {"code": f"{HOME}.rw41"})
    assert again.status_code == 409
    headers = registry.authorization(registry.role_for("GET", "/v1/areas"))
    answer = await registry.reach.client.get(f"/v1/areas/{HOME}.rw41", headers=headers)
    assert answer.json()["code"] == f"{HOME}.RW41"
    person = await send(registry, "POST", "/v1/persons", PERSON | {"home_area": f"{HOME}.rW41"})
    assert person.json()["home_area"] == f"{HOME}.RW41"


async def test_the_dates_that_were_found(targets: dict[str, Target]) -> None:
    for value in (0, "0", 1709251200):
        answer = await send(targets["registry"], "POST", "/v1/persons", PERSON | {"birth_date": value})
        assert answer.status_code == 422
        assert [error["pointer"] for error in answer.json()["errors"]] == ["/birth_date"]
