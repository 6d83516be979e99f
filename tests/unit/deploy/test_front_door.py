"""The front door against a small upstream: streaming both ways, headers, failures, overall health."""

import asyncio
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import aiohttp
import pytest
from aiohttp import web
from yarl import URL

from deploy.dev.front_door import HOME, create_app
from tests.support.waiting import PATIENCE_S, patiently


@dataclass
class Upstream:
    """What the upstream has seen, and the levers that tests pull."""

    ready: bool = True
    more: asyncio.Event = field(default_factory=asyncio.Event)
    left: asyncio.Event = field(default_factory=asyncio.Event)

    async def echo(self, request: web.Request) -> web.Response:
        body = await request.read()
        seen = {"path": request.raw_path, "headers": dict(request.headers), "bytes": len(body)}
        answer = web.json_response(seen, status=201, headers={"X-Own": "yes", "Connection": "X-Secret"})
        answer.headers["X-Secret"] = "hop"
        return answer

    async def events(self, request: web.Request) -> web.StreamResponse:
        answer = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await answer.prepare(request)
        try:
            await answer.write(b"data: first\n\n")
            await self.more.wait()
            await answer.write(b"data: second\n\n")
        finally:
            self.left.set()
        return answer

    async def broken(self, request: web.Request) -> web.StreamResponse:
        answer = web.StreamResponse(headers={"Content-Length": "100"})
        await answer.prepare(request)
        await answer.write(b"half")
        assert request.transport is not None
        request.transport.abort()
        return answer

    async def health(self, _: web.Request) -> web.Response:
        return web.Response(status=200 if self.ready else 503)


async def serve(app: web.Application) -> tuple[web.AppRunner, str]:
    runner = web.AppRunner(app, handler_cancellation=True, shutdown_timeout=1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    return runner, f"http://127.0.0.1:{runner.addresses[0][1]}"


@dataclass
class Door:
    """A running front door with one living and one dead service behind it."""

    url: str
    upstream: Upstream
    http: aiohttp.ClientSession


@pytest.fixture
async def door() -> AsyncIterator[Door]:
    upstream = Upstream()
    behind = web.Application(client_max_size=1 << 24)
    behind.router.add_get("/v1/stream", upstream.events)
    behind.router.add_get("/v1/broken", upstream.broken)
    behind.router.add_get("/health/ready", upstream.health)
    behind.router.add_route("*", r"/{rest:[\s\S]*}", upstream.echo)
    behind_runner, base = await serve(behind)
    roles = {"api": base, "worker": base}
    front, url = await serve(create_app({"/registry": roles, "/monitoring": roles}))
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=PATIENCE_S)) as http:
        yield Door(url, upstream, http)
    await front.cleanup()
    await behind_runner.cleanup()


async def test_prefix_is_cut_and_query_kept_raw(door: Door) -> None:
    async with door.http.get(door.url + "/registry/v1/areas?q=Kuala%20Kurun&limit=5") as answer:
        assert answer.status == 201
        assert answer.headers["X-Own"] == "yes"
        assert (await answer.json())["path"] == "/v1/areas?q=Kuala%20Kurun&limit=5"
    async with door.http.get(door.url + "/registry") as answer:
        assert (await answer.json())["path"] == "/"


async def test_hop_headers_stay_and_forwarding_is_told(door: Door) -> None:
    sent = {"Connection": "keep-alive, X-Mine", "X-Mine": "1", "TE": "trailers", "Idempotency-Key": "k1"}
    async with door.http.get(door.url + "/registry/v1/x", headers=sent) as answer:
        assert "X-Secret" not in answer.headers
        seen = {name.lower(): value for name, value in (await answer.json())["headers"].items()}
    assert not seen.keys() & {"x-mine", "te"}
    assert seen["idempotency-key"] == "k1"
    assert seen["x-forwarded-for"] == "127.0.0.1"
    assert seen["x-forwarded-prefix"] == "/registry"
    assert seen["x-forwarded-host"] == seen["host"] == door.url.removeprefix("http://")


async def test_body_streams_up(door: Door) -> None:
    async def chunks() -> AsyncIterator[bytes]:
        for _ in range(64):
            yield b"x" * 65536

    async with door.http.post(door.url + "/registry/v1/import", data=chunks()) as answer:
        assert (await answer.json())["bytes"] == 64 * 65536
    async with door.http.post(door.url + "/registry/v1/one", data=b"{}") as answer:
        assert (await answer.json())["headers"]["Content-Length"] == "2"


async def test_event_passes_before_the_stream_ends(door: Door) -> None:
    async with door.http.get(door.url + "/monitoring/v1/stream") as answer:
        assert answer.headers["Content-Type"] == "text/event-stream"
        assert await patiently(answer.content.readuntil(b"\n\n")) == b"data: first\n\n"
        assert not door.upstream.left.is_set()
        door.upstream.more.set()
        assert await patiently(answer.content.read()) == b"data: second\n\n"


async def test_client_that_leaves_closes_its_upstream(door: Door) -> None:
    answer = await door.http.get(door.url + "/monitoring/v1/stream")
    await answer.content.readuntil(b"\n\n")
    answer.close()
    await patiently(door.upstream.left.wait())


async def test_answer_cut_off_upstream_is_cut_off_for_the_client(door: Door) -> None:
    async with door.http.get(door.url + "/registry/v1/broken") as answer:
        with pytest.raises(aiohttp.ClientError):
            await answer.read()


async def test_unknown_prefix_is_404_and_root_leads_to_the_situation(door: Door) -> None:
    async with door.http.get(door.url + "/registryx/v1") as answer:
        assert answer.status == 404
    async with door.http.get(door.url + "/", allow_redirects=False) as answer:
        assert (answer.status, answer.headers["Location"]) == (302, HOME)
        assert "?" not in HOME, "the defaults are the right ones"


async def test_a_line_break_in_a_path_is_a_path(door: Door) -> None:
    for path, status in (("/registry/v1/%0d%0aX:%20y", 201), ("/nothing%0a", 404), ("/%0a", 404)):
        async with door.http.get(URL(door.url + path, encoded=True)) as answer:
            assert answer.status == status, path
            if status == 404:
                assert answer.content_type == "application/problem+json", path
            else:
                assert (await answer.json())["path"] == "/v1/%0d%0aX:%20y"


async def test_a_browser_is_refused_with_a_page(door: Door) -> None:
    for path in ("/nothing", "/situasi"):
        headers = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8", "Accept-Language": "id"}
        async with door.http.get(f"{door.url}{path}", headers=headers) as answer:
            assert (answer.status, answer.content_type) == (404, "text/html")
            assert '<a href="/">Ke halaman situasi</a>' in await answer.text()
        async with door.http.get(f"{door.url}{path}", headers={"Accept": "application/json"}) as answer:
            assert answer.content_type == "application/problem+json"


async def test_own_answers_protect_their_reader(door: Door) -> None:
    for path in ("/", "/favicon.ico", "/health", "/nothing"):
        async with door.http.get(door.url + path, allow_redirects=False) as answer:
            policy = answer.headers["Content-Security-Policy"]
            assert policy.startswith("default-src 'none'; base-uri 'none'")
            assert "frame-ancestors 'none'" in policy
            assert answer.headers["X-Content-Type-Options"] == "nosniff"
            assert answer.headers["Referrer-Policy"] == "no-referrer"
            assert "camera=()" in answer.headers["Permissions-Policy"]
            assert answer.headers["Cache-Control"] == "no-store"
    async with door.http.get(door.url + "/nothing") as answer:
        assert (answer.status, answer.content_type) == (404, "application/problem+json")
        assert (await answer.json())["type"] == "urn:ilp:problem:not-found"


async def test_docs_lead_to_every_service_and_to_the_events_without_another_origin(door: Door) -> None:
    async with door.http.get(door.url + "/docs") as answer:
        assert (answer.status, answer.content_type) == (200, "text/html")
        assert answer.headers["Content-Security-Policy"].startswith("default-src 'none'; style-src 'self'")
        page = await answer.text()
    assert page.index('lang="id"') < page.index('lang="en"')
    links = re.findall(r'(?:href|src)="([^"]+)"', page)
    assert not [link for link in links if not link.startswith("/") or link.startswith("//")]
    assert "<script" not in page
    assert {"/registry/docs", "/registry/openapi.json", "/monitoring/docs", "/docs/events/asyncapi.yaml"} <= set(links)
    for path, kind in (("/docs/portal.css", "text/css"), ("/docs/events/asyncapi.yaml", "application/yaml")):
        async with door.http.get(door.url + path) as answer:
            assert (answer.status, answer.content_type) == (200, kind)
            content = await answer.text()
    names = re.findall(r"<code>(\w+)</code>", page)
    assert len(names) > 5
    assert [name for name in names if f"{name}:" not in content] == []
    for schema in re.findall(r"\$ref: \./(\S+)", content):
        async with door.http.get(f"{door.url}/docs/events/{schema}") as answer:
            assert (answer.status, answer.content_type) == (200, "application/json")


@pytest.mark.parametrize("path", ["/docs/events", "/docs/events/", "/docs/events/nothing.json", "/docs/events/../run"])
async def test_what_is_not_beside_the_events_is_refused_as_all_else(door: Door, path: str) -> None:
    address = URL(door.url + path, encoded=True)
    async with door.http.get(address) as answer:
        assert (answer.status, answer.content_type) == (404, "application/problem+json")
        assert (await answer.json())["type"] == "urn:ilp:problem:not-found"
    async with door.http.get(address, headers={"Accept": "text/html"}) as answer:
        assert (answer.status, answer.content_type) == (404, "text/html")


async def test_the_icon_is_the_platform_s_mark(door: Door) -> None:
    async with door.http.get(door.url + "/favicon.ico", allow_redirects=False) as answer:
        assert (answer.status, answer.headers["Location"]) == (302, "/monitoring/static/mark.svg")


async def test_service_that_is_down_is_503_with_retry_after(unused_port: int) -> None:
    dead = f"http://127.0.0.1:{unused_port}"
    runner, url = await serve(create_app({"/registry": {"api": dead, "worker": dead}}))
    async with aiohttp.ClientSession() as http:
        async with http.post(url + "/registry/v1/x", headers={"Accept-Language": "en"}, data=b"{}") as answer:
            assert (answer.status, answer.headers["Retry-After"]) == (503, "1")
            assert answer.content_type == "application/problem+json"
            problem = await answer.json()
        async with http.get(url + "/health") as answer:
            assert answer.status == 503
    assert problem["type"] == "urn:ilp:problem:unavailable"
    assert problem["title"] == "Service unavailable"
    await runner.cleanup()


async def test_health_is_200_only_when_every_process_is_ready(door: Door) -> None:
    async with door.http.get(door.url + "/health") as answer:
        assert answer.status == 200
        assert sorted((await answer.json())["processes"]) == [
            "monitoring-api",
            "monitoring-worker",
            "registry-api",
            "registry-worker",
        ]
    door.upstream.ready = False
    async with door.http.get(door.url + "/health") as answer:
        assert answer.status == 503
        assert (await answer.json())["processes"]["registry-api"] == {"ready": False}


@pytest.fixture
def unused_port() -> int:
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
