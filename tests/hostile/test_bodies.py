"""Bodies that no client should send, to every write of the four services: each is refused as input, with its place.

Sent as bytes over a socket, with a role that may and a fresh key, so that nothing but the body can be at fault.
"""

import gzip
import json
from collections.abc import Iterator
from typing import Any

import pytest

from ilp_shared.http.bodies import MAX_BODY, MAX_DEPTH
from ilp_shared.ids import new_id
from tests.access.objects import OPENERS
from tests.access.routes import Route
from tests.hostile.conftest import Target
from tests.hostile.raw import RawAnswer, exchange, request

WRITES = {"POST", "PUT"}
UNREADABLE: dict[str, tuple[bytes, str, str]] = {
    "cut off": (b'{"a": [1, 2', "", "json_invalid"),
    "no JSON": (b"sex=male&age=3", "", "json_invalid"),
    "white space": (b" \n ", "", "json_invalid"),
    "trailing comma": (b'{"a": 1,}', "", "json_invalid"),
    "two documents": (b"{} {}", "", "json_invalid"),
    "control character": (b'{"a": "\x01"}', "", "json_invalid"),
    "NUL byte": (b'{"a": 1}\x00', "", "json_invalid"),
    "no UTF-8": (b'{"a": "\xff\xfe"}', "", "not_text"),
    "UTF-8 of half a surrogate pair": (b'{"a": "\xed\xa0\x80"}', "", "not_text"),
    "NaN": (b'{"a": {"b": [0, NaN]}}', "/a/b/1", "finite_number"),
    "Infinity": (b'{"a": -Infinity}', "/a", "finite_number"),
    "beyond the largest": (b'{"a": [1e308, {"b": -1e400}]}', "/a/1/b", "finite_number"),
    "too many digits": (b'{"a": ' + b"9" * 5000 + b"}", "/a", "finite_number"),
    "a name twice": (b'{"a": {"b": 1, "b": 2}}', "/a/b", "repeated_name"),
    "a name twice, once escaped": (b'{"a": 1, "\\u0061": 2}', "/a", "repeated_name"),
    "depth 10^4": (b"[" * 10_000 + b"]" * 10_000, "", "too_deep"),
    "depth 10^6 of objects, cut off": (b'{"a":' * 700_000, "", "too_deep"),
    "just too deep": (b"[" * (MAX_DEPTH + 1) + b"]" * (MAX_DEPTH + 1), "", "too_deep"),
}


def writes(target: Target) -> Iterator[Route]:
    """Return every route that may be sent a body."""
    return (route for route in target.reach.routes if route.method in WRITES)


def takers(target: Target) -> Iterator[Route]:
    """Yield the routes whose document says that they take a body (a cancelled day needs none)."""
    paths = target.reach.app.openapi()["paths"]
    return (route for route in writes(target) if "requestBody" in paths[route.path][route.method.lower()])


async def send(target: Target, route: Route, body: bytes, **headers: str) -> RawAnswer:
    """Send a body to a route."""
    path = target.reach.url(route)
    lines = target.authorization(target.role_for(route.method, route.path)) | {
        "Idempotency-Key": str(new_id()),
        "Content-Type": "application/json",
        **{name.replace("_", "-"): value for name, value in headers.items()},
    }
    return await exchange(target.url, request(route.method, path, lines, body))


def first_error(answer: RawAnswer) -> dict[str, Any]:
    """Return the first marked place of a refusal of input."""
    assert answer.status == 422, answer.body
    assert answer.headers["content-type"] == "application/problem+json"
    errors = answer.problem["errors"]
    assert isinstance(errors, list)
    error: dict[str, Any] = errors[0]
    return error


@pytest.mark.parametrize("kind", UNREADABLE)
@pytest.mark.parametrize("name", [name for name in OPENERS if name != "monitoring"])
async def test_unreadable_bodies_are_refused_with_their_place(targets: dict[str, Target], name: str, kind: str) -> None:
    body, pointer, code = UNREADABLE[kind]
    routes = list(writes(targets[name]))
    assert routes
    for route in routes:
        error = first_error(await send(targets[name], route, body))
        assert (error["pointer"], error["code"]) == (pointer, code), route


async def test_the_place_of_a_syntax_error_is_told_in_lines(targets: dict[str, Target]) -> None:
    route = next(writes(targets["screening"]))
    error = first_error(await send(targets["screening"], route, b'{"subject":\n  {"sex": male}}'))
    assert error["message"] == {
        "id": "Bukan JSON yang sah: baris 2, kolom 11.",
        "en": "Not valid JSON: line 2, column 11.",
    }


@pytest.mark.parametrize("name", [name for name in OPENERS if name != "monitoring"])
@pytest.mark.parametrize("depth", [5, 33, 127, 250, 254, 255, 256, MAX_DEPTH - 2])
async def test_readable_depth_never_breaks_a_service(targets: dict[str, Target], name: str, depth: int) -> None:
    deep = json.loads("[" * depth + "]" * depth)
    for route in takers(targets[name]):
        bodies = [deep, {"items": [{"idempotency_key": "k", "observations": {"x": deep}}]}, {"observations": deep}]
        for body in bodies:
            answer = await send(targets[name], route, json.dumps(body).encode())
            assert answer.status == 422 or (answer.status == 200 and route.path.endswith(":batch")), route


@pytest.mark.parametrize("name", [name for name in OPENERS if name != "monitoring"])
async def test_too_large_is_refused_before_it_is_sent(targets: dict[str, Target], name: str) -> None:
    for route in writes(targets[name]):
        announced = await send(targets[name], route, b"{}", Content_Length=str(50 * 1024 * 1024))
        assert (announced.status, announced.problem["type"]) == (413, "urn:ilp:problem:too-large"), route
        piece = b"%x\r\n" % (1 << 20) + b" " * (1 << 20) + b"\r\n"
        lines = {"Transfer-Encoding": "chunked", "Connection": "close", "Host": "test"}
        head = request(route.method, targets[name].reach.url(route), lines)
        assert (await exchange(targets[name].url, head + piece * 5 + b"0\r\n\r\n")).status == 413, route


async def test_a_body_of_exactly_the_limit_is_read(targets: dict[str, Target]) -> None:
    evaluation = b'{"subject": {"sex": "male", "age_months": 30}, "observations": {"weight_kg": 12.5}}'
    route = next(r for r in writes(targets["screening"]) if r.path == "/v1/evaluations")
    full = evaluation + b" " * (MAX_BODY - len(evaluation))
    assert (await send(targets["screening"], route, full)).status == 200
    assert (await send(targets["screening"], route, full + b" ")).status == 413


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"])
async def test_other_kinds_of_content_are_not_guessed(targets: dict[str, Target], kind: str) -> None:
    for name in ("registry", "screening", "cluster-services"):
        for route in takers(targets[name]):
            answer = await send(targets[name], route, b'{"items": []}', Content_Type=kind)
            assert first_error(answer)["pointer"] == "", (route, kind)


async def test_compressed_bodies_are_not_unpacked(targets: dict[str, Target]) -> None:
    bomb = gzip.compress(b" " * 50_000_000, 9)
    assert len(bomb) < 100_000
    for name in ("registry", "screening", "cluster-services"):
        for route in writes(targets[name]):
            error = first_error(await send(targets[name], route, bomb, Content_Encoding="gzip"))
            assert error["pointer"] == ""


async def test_half_a_surrogate_pair_is_refused_wherever_it_stands(targets: dict[str, Target]) -> None:
    for name in ("registry", "screening", "cluster-services"):
        for route in writes(targets[name]):
            answer = await send(targets[name], route, b'{"\\ud800": 1, "reason": "\\udfff", "items": "\\ud800"}')
            assert answer.status == 422, route
            assert b"\\ud" not in answer.body
