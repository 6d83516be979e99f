"""HTTP bent: methods not offered, overrides, huge headers and addresses, bad escapes. Never a 5xx or a stack."""

import asyncio

import pytest

from tests.access.objects import OPENERS
from tests.access.routes import Route
from tests.hostile.conftest import Target
from tests.hostile.raw import RawAnswer, exchange, request

OVERRIDES = ("X-HTTP-Method-Override", "X-Method-Override", "X-HTTP-Method", "X-Original-URL", "X-Rewrite-URL")
ADDRESSES = (
    "/v1/%", "/v1/%zz", "/v1/%00", "/v1/%ff%fe", "/v1/..%2f..%2fetc%2fpasswd", "/v1/../../etc/passwd", "//v1//events",
    "/v1/events;x=1", "/docs/static/..%2f..%2fapp.py", "/docs/static/../app.py", "/docs/static/%2e%2e/app.py",
    "/docs/static/%00", "/docs/static/vendor", "/static/..%2fpages.py", "/v1/%E2%80%AE%F0%9F%92%A9", "/v1/\xff", "*",
    "http://elsewhere.example/v1/events", "/v1/events?shard=%", "/v1/events?shard=1&shard=2", "/v1/events?%00=%00",
)  # fmt: skip
"""Paths and queries that none of our clients builds."""


def fine(answer: RawAnswer) -> bool:
    """Tell whether an answer is a refusal without a stack, or nothing at all (the server hung up)."""
    assert b"Traceback" not in answer.body
    assert b'File "' not in answer.body
    return answer.status < 500


def finite(target: Target) -> list[Route]:
    """Routes whose answers end by themselves."""
    return [route for route in target.reach.routes if not route.path.endswith("/stream")]


@pytest.mark.parametrize("name", OPENERS)
@pytest.mark.parametrize("method", ["OPTIONS", "TRACE", "PATCH", "DELETE", "PROPFIND", "QUERY", "get", "X" * 2000])
async def test_methods_nobody_offers(targets: dict[str, Target], name: str, method: str) -> None:
    target = targets[name]
    offered: dict[str, set[str]] = {}
    for route in target.reach.routes:
        offered.setdefault(target.reach.url(route), set()).add(route.method)
    for path, methods in offered.items():
        answer = await exchange(target.url, request(method, path))
        assert fine(answer)
        if answer.status == 405:
            assert answer.headers["content-type"] == "application/problem+json"
            assert {m.strip() for m in answer.headers["allow"].upper().split(",")} <= methods
        else:
            assert (answer.status, method) in {(400, method), (405, method)}, (path, answer.status)


@pytest.mark.parametrize("name", OPENERS)
async def test_a_header_does_not_change_the_method_or_the_address(targets: dict[str, Target], name: str) -> None:
    target = targets[name]
    for route in finite(target):
        if route.method != "GET":
            continue
        headers = target.authorization(target.role_for("GET", route.path), "13.76")
        plain = await exchange(target.url, request("GET", target.reach.url(route), headers))
        for override in OVERRIDES:
            value = "/health/live" if override.endswith("URL") else "DELETE"
            bent = await exchange(target.url, request("GET", target.reach.url(route), headers | {override: value}))
            assert bent.status == plain.status, (route, override)


@pytest.mark.parametrize("name", OPENERS)
async def test_addresses_nobody_builds(targets: dict[str, Target], name: str) -> None:
    target = targets[name]
    token = target.authorization("integrator")
    for address in ADDRESSES:
        answer = await exchange(target.url, request("GET", address, token))
        assert fine(answer), address
        assert answer.status in (0, 200, 400, 404, 405, 422), address
        assert b"import" not in answer.body, address
        if answer.status == 200:
            assert "events" in address, address


@pytest.mark.parametrize("name", OPENERS)
async def test_huge_headers_and_queries(targets: dict[str, Target], name: str) -> None:
    target = targets[name]
    token = target.authorization("integrator")
    long = "a" * 1_000_000
    for sent in (
        request("GET", "/v1/events?shard=1", token | {"X-Long": long}),
        request("GET", "/v1/events?shard=1", {"Authorization": f"Bearer {long}"}),
        request("GET", "/v1/events?shard=1", {"Cookie": f"ilp_session={long}"}),
        request("GET", f"/v1/events?shard={'1' * 60_000}", token),
        request("GET", f"/v1/events?{'shard=1&' * 8_000}", token),
        request("GET", f"/v1/{'x/' * 30_000}", token),
        request("GET", "/v1/events?shard=1", token | {f"X-{n}": "1" for n in range(5_000)}),
        request("GET", "/v1/events?shard=1", token | {"Accept-Language": "en," * 20_000, "traceparent": "0" * 60_000}),
    ):
        assert fine(await exchange(target.url, sent))
    assert (await exchange(target.url, request("GET", "/health/ready"))).status == 200


@pytest.mark.parametrize("name", OPENERS)
async def test_what_is_not_http_is_hung_up_on(targets: dict[str, Target], name: str) -> None:
    target = targets[name]
    for sent in (b"\x16\x03\x01\x02\x00\x01\x00", b"\x00" * 5_000, b"GET / HTTP/9.9\r\n\r\n", b"SSH-2.0-x\r\n\r\n"):
        assert (await exchange(target.url, sent)).status in (0, 400)
    smuggled = request(
        "POST", "/v1/events", {"Transfer-Encoding": "chunked"}, b"0\r\n\r\nGET /metrics HTTP/1.1\r\n\r\n"
    )
    answer = await exchange(target.url, smuggled)
    assert answer.body.count(b"HTTP/1.1 200") == 0


@pytest.mark.parametrize("name", OPENERS)
async def test_head_is_get_without_the_body(targets: dict[str, Target], name: str) -> None:
    target = targets[name]
    heads = [route for route in target.reach.routes if route.method == "HEAD"]
    assert heads
    for route in heads:
        headers = target.authorization("dinas", "13.76")
        path = target.reach.url(route).replace("{name}", "mark.svg")
        with_body, without = await asyncio.gather(
            *(exchange(target.url, request(method, path, headers)) for method in ("GET", "HEAD"))
        )
        assert (without.status, without.body) == (with_body.status, b""), route
        assert without.headers["content-length"] == with_body.headers["content-length"], route
