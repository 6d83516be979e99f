"""The headers that protect a reader, on every route of every service, on pages, documents and refusals alike.

The front door's own answers have theirs too (tests/unit/deploy/test_front_door.py).
"""

import pytest

from tests.access.objects import OPENERS
from tests.hostile.conftest import Target
from tests.hostile.raw import RawAnswer, exchange, request

STRICT = {
    "default-src": {"'none'"},
    "script-src": {"'self'"},
    "style-src": {"'self'"},
    "img-src": {"'self'", "data:"},
    "connect-src": {"'self'"},
    "font-src": {"'self'"},
    "manifest-src": {"'self'"},
    "base-uri": {"'none'"},
    "form-action": {"'self'"},
    "frame-ancestors": {"'none'"},
}
"""The whole policy: nothing inline, nothing evaluated, nothing from elsewhere."""
EVERYWHERE = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}
PUBLIC_FILES = {"/static/{name}", "/v1/packs/bundle"}
OTHERS = ("/docs", "/docs/static/docs.js", "/openapi.json", "/nothing", "/v1/events?shard=x", "/docs/static/nothing")


def check(answer: RawAnswer, place: object) -> None:
    """Fail unless an answer carries every protecting header, and HSTS only where TLS was."""
    policy = dict(part.strip().split(" ", 1) for part in answer.headers["content-security-policy"].split(";"))
    assert {name: set(sources.split()) for name, sources in policy.items()} == STRICT, place
    assert {name: answer.headers.get(name) for name in EVERYWHERE} == EVERYWHERE, place
    assert "strict-transport-security" not in answer.headers, place
    assert "server" not in answer.headers, place
    assert "x-powered-by" not in answer.headers, place
    assert "access-control-allow-origin" not in answer.headers, place


@pytest.mark.parametrize("name", OPENERS)
async def test_every_route_protects_its_reader(targets: dict[str, Target], name: str) -> None:
    target = targets[name]
    for route in target.reach.routes:
        if route.path.endswith("/stream"):
            continue  # its headers: tests/service/monitoring/test_stream.py; its refusals are as all others
        token = target.authorization(target.role_for(route.method, route.path), "13.76")
        path = target.reach.url(route)
        for headers in (token, {}, token | {"Origin": "https://elsewhere.example"}):
            answer = await exchange(target.url, request(route.method, path, headers))
            check(answer, (route, answer.status))
            if route.path not in PUBLIC_FILES:
                assert answer.headers["cache-control"] == "no-store", route


@pytest.mark.parametrize("name", OPENERS)
async def test_documents_and_refusals_too(targets: dict[str, Target], name: str) -> None:
    target = targets[name]
    for path in OTHERS:
        check(await exchange(target.url, request("GET", path, target.authorization("integrator"))), path)
    check(await exchange(target.url, request("POST", "/v1/events", {}, b"{")), "unreadable")
    check(await exchange(target.url, request("POST", "/v1/events", {"Content-Length": "99999999"})), "too large")


@pytest.mark.parametrize("name", OPENERS)
async def test_strict_transport_only_where_tls_was(targets: dict[str, Target], name: str) -> None:
    for proto, expected in (("https", True), ("http", False), ("HTTPS, http", False)):
        answer = await exchange(targets[name].url, request("GET", "/health/live", {"X-Forwarded-Proto": proto}))
        assert ("strict-transport-security" in answer.headers) == expected, proto


async def test_the_stream_is_protected_too(targets: dict[str, Target]) -> None:
    target = targets["monitoring"]
    path = "/v1/situations/13.76.01.1002/stream"
    assert any(target.reach.url(route) == path for route in target.reach.routes)
    check(await exchange(target.url, request("GET", path)), "refused")


@pytest.mark.parametrize("name", OPENERS)
async def test_documents_have_nothing_inline(targets: dict[str, Target], name: str) -> None:
    pages = ["/docs"] + (["/wilayah/13.76", "/wilayah/99"] if name == "monitoring" else [])
    for path in pages:
        headers = targets[name].authorization("dinas", "13.76")
        page = (await exchange(targets[name].url, request("GET", path, headers))).body.decode()
        assert "<script" in page or path == "/wilayah/99"
        for word in (" style=", " onclick=", " onload=", "javascript:", "<style"):
            assert word not in page, (path, word)
        for script in page.split("<script")[1:]:
            opened, _, content = script.partition(">")
            runs = 'type="application/json"' not in opened
            assert not (runs and content.partition("</script")[0].strip()), opened
