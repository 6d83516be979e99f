"""Every place of every route that names something of an area: from elsewhere, what is at HOME does not exist.

The places are read from the four OpenAPI documents: path parameters, ids and area codes of queries and bodies. Each is
tried, or listed with the reason why it tells nothing; a new route that is neither fails here.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

import pytest

from ilp_shared.ids import new_id
from tests.access.objects import AWAY, HOME, OPENERS
from tests.hostile.conftest import Target

Json = dict[str, Any]
Where = Literal["path", "query", "body"]
CALLER = "17.05"


@dataclass(frozen=True)
class Place:
    """One place of one operation where something can be named."""

    method: str
    path: str
    where: Where
    name: str

    def __str__(self) -> str:
        """As it is written in the tables below."""
        return f"{self.method} {self.path} {self.where} {self.name}"


def places_of(document: Json) -> Iterator[Place]:
    """Yield every place of a document that takes an id or an area code."""
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            for parameter in operation.get("parameters", ()):
                if parameter["in"] == "path":
                    yield Place(method.upper(), path, "path", parameter["name"])
                elif parameter["in"] == "query" and any(named_in(document, parameter["schema"], "")):
                    yield Place(method.upper(), path, "query", parameter["name"])
            content = operation.get("requestBody", {}).get("content", {})
            for name in sorted({n for c in content.values() for n in named_in(document, c["schema"], "")}):
                yield Place(method.upper(), path, "body", name)


def named_in(document: Json, schema: Json, place: str) -> Iterator[str]:
    """Yield the pointers inside a schema that take an id or an area code."""
    if "$ref" in schema:
        schema = document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    if schema.get("format") == "uuid" or any(mark in schema.get("pattern", "") for mark in (r"\d{2}", "[0-9]{2}")):
        yield place or "."
    for choice in ("anyOf", "oneOf", "allOf"):
        for inner in schema.get(choice, ()):
            yield from named_in(document, inner, place)
    if "items" in schema:
        yield from named_in(document, schema["items"], f"{place}/*")
    for name, inner in schema.get("properties", {}).items():
        yield from named_in(document, inner, f"{place}/{name}")


NATIONAL = "areas and facilities are the nation's public reference data: everybody with a token reads all of them"
POLICY = "rules are public, and which rules an area has chosen too"
OPEN = {
    "registry": {
        "GET /v1/areas query area": NATIONAL,
        "GET /v1/areas/{code} path code": NATIONAL,
        "GET /v1/facilities query area": NATIONAL,
        "GET /v1/facilities query parent": NATIONAL,
        "GET /v1/facilities query serves": NATIONAL,
        "GET /v1/facilities/{facility_id} path facility_id": NATIONAL,
    },
    "screening": {
        "GET /v1/packs/{code}/{version} path code": POLICY,
        "GET /v1/packs/{code}/{version} path version": POLICY,
        "GET /v1/packs/bundle query area": POLICY,
        "GET /v1/packs/bundle/{folder}/{name} path folder": POLICY,
        "GET /v1/packs/bundle/{folder}/{name} path name": POLICY,
        "POST /v1/evaluations body /area": POLICY,
    },
    "cluster-services": {},
    "monitoring": {},
}
PERSON: Json = {"name": "X", "sex": "male", "birth_date": "1990-02-03", "home_area": AWAY}
FACILITY: Json = {"kind": "posyandu", "name": "X", "area_code": AWAY}


def item(body: Json) -> Json:
    """Return a batch of one."""
    return {"items": [{"idempotency_key": str(new_id()), **body}]}


def asked(target: Target) -> dict[str, Json]:
    """Return what somebody from AWAY sends, by place; everything but that place is their own."""
    home = target.reach.home
    if target.name == "registry":
        return asked_of_registry(home)
    if target.name == "screening":
        return asked_of_screening(home, target.reach.away)
    if target.name == "cluster-services":
        return {f"GET /v1/tasks query {kind}": {kind: home[kind]} for kind in ("area", "person", "facility")}
    return {"GET /v1/cells query area": {"area": HOME}}


def asked_of_registry(home: dict[str, str]) -> dict[str, Json]:
    """Return the same for the registry; single requests and batches of one."""
    named: Json = {
        "id": home["facility"],
        "area_code": HOME,
        "parent_id": home["facility"],
        "catchment": [HOME],
    }
    facilities = {name: FACILITY | {name: value} for name, value in named.items()}
    named = {"id": home["person"], "home_area": HOME, "household": {"id": home["household"]}}
    persons = {name: PERSON | {name: value} for name, value in named.items()}
    return {
        "POST /v1/areas body /code": {"code": f"{HOME}.RW01", "name": "X", "kind": "rw"},
        **{f"POST /v1/facilities body /{place}": body for place, body in pointed(facilities)},
        **{f"POST /v1/facilities:batch body /items/*/{place}": item(body) for place, body in pointed(facilities)},
        **{f"POST /v1/persons body /{place}": body for place, body in pointed(persons)},
        **{f"POST /v1/persons:batch body /items/*/{place}": item(body) for place, body in pointed(persons)},
        "PUT /v1/persons/{person_id} body /home_area": PERSON | {"home_area": HOME, "base_version": 1},
        "POST /v1/persons:search body /area": {"name_prefix": "con", "area": HOME},
        "GET /v1/persons query area": {"area": HOME},
        "GET /v1/persons query household": {"household": home["household"]},
    }


def asked_of_screening(home: dict[str, str], away: dict[str, str]) -> dict[str, Json]:
    """Return the same for screening."""
    own: Json = {"person_id": away["person"], "facility_id": away["facility"]}
    own |= {"occurred_at": "2025-11-22T02:00:00Z", "observations": {"weight_kg": 10.4}}
    named = {"id": "screening", "person_id": "person", "facility_id": "facility", "open_day_id": "open_day"}
    bodies = {name: own | {name: home[kind]} for name, kind in named.items()}
    day = {"facility_id": away["facility"], "day": "2026-11-21"}
    return {
        **{f"POST /v1/screenings body /{name}": body for name, body in bodies.items()},
        **{f"POST /v1/screenings:batch body /items/*/{name}": item(body) for name, body in bodies.items()},
        "POST /v1/open-days body /id": day | {"id": home["open_day"]},
        "POST /v1/open-days body /facility_id": day | {"facility_id": home["facility"]},
        "GET /v1/open-days query area": {"area": HOME},
        "GET /v1/open-days query facility": {"facility": home["facility"]},
        **{f"GET /v1/screenings query {kind}": {kind: home[kind]} for kind in ("person", "facility", "open_day")},
    }


def pointed(bodies: dict[str, Json]) -> Iterator[tuple[str, Json]]:
    """Name bodies by the pointer of the value that is not their own."""
    inside = {"catchment": "catchment/*", "household": "household/id"}
    return ((inside.get(name, name), body) for name, body in bodies.items())


TAKEN = ("/id", "/household/id")
"""Made by clients: one that is taken may be said to be, but neither by whom nor where."""
REGENCY = ("/parent_id", "/catchment/*")
"""Must lie in the facility's own regency: refused as input, whatever is there."""


@pytest.mark.parametrize("name", OPENERS)
async def test_no_place_is_forgotten(targets: dict[str, Target], name: str) -> None:
    target = targets[name]
    places = {str(place) for place in places_of(target.reach.app.openapi())}
    by_path = {str(place) for place in places_of(target.reach.app.openapi()) if place.where == "path"}
    reached = {place for place in by_path if place.rpartition(" ")[2] in target.reach.ids}
    assert places - reached - set(asked(target)) - set(OPEN[name]) == set(), "neither tried nor explained"
    assert (set(asked(target)) | set(OPEN[name])) - places == set(), "no longer there"
    assert places


@pytest.mark.parametrize("name", OPENERS)
async def test_ids_in_paths_lead_nowhere(targets: dict[str, Target], name: str) -> None:
    target = targets[name]
    for route in target.reach.by_id():
        body = None if route.method in ("GET", "HEAD") else target.reach.bodies[route.path]
        headers = target.issuer.headers(target.role_for(route.method, route.path), CALLER)
        answer = await target.reach.client.request(route.method, target.reach.url(route), headers=headers, json=body)
        assert answer.status_code == 404, route
        assert HOME not in answer.text or HOME in target.reach.url(route), route


@pytest.mark.parametrize("name", OPENERS)
async def test_what_queries_and_bodies_name_does_not_exist(targets: dict[str, Target], name: str) -> None:
    target = targets[name]
    for place, content in asked(target).items():
        method, path, where, pointer = place.split(" ")
        headers = target.issuer.headers(target.role_for(method, path), CALLER)
        url = path.replace("{person_id}", target.reach.away.get("person", ""))
        query, body = (content, None) if where == "query" else (None, content)
        answer = await target.reach.client.request(method, url, headers=headers, params=query, json=body)
        given, payload = answer.status_code, answer.json()
        if path.endswith(":batch"):
            (result,) = payload["results"]
            given, payload = result["problem"]["status"], result["problem"]
        if given == 200:
            assert payload["items"] == [], place
        elif pointer.endswith(TAKEN):
            assert given in (404, 409), (place, payload)
        else:
            assert given == (422 if pointer.endswith(REGENCY) else 404), (place, payload)
        if not path.startswith("/v1/facilities"):
            secret = {value for kind, value in target.reach.home.items() if kind != "area"}
            sent_back = str(payload)  # a batch repeats the id that the item itself brought
            assert not [value for value in secret if value in sent_back], place


@pytest.mark.parametrize("name", [name for name in OPENERS if name != "monitoring"])
async def test_the_same_questions_from_home_are_answered(targets: dict[str, Target], name: str) -> None:
    target = targets[name]
    for place, content in asked(target).items():
        method, path, where, _ = place.split(" ")
        if where == "query":
            headers = target.issuer.headers(target.role_for(method, path), "13.76")
            answer = await target.reach.client.get(path, params=content, headers=headers)
            assert answer.json()["items"], place
