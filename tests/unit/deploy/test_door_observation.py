"""What operators, and no other accounts, see of the front door: metrics, and a line for each refusal."""

import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web
from yarl import URL

from deploy.dev.front_door import create_app
from ilp_shared.auth import development
from ilp_shared.logging import configure_logging
from ilp_shared.tracing import ROUTE_HEADER

TRACE = "0af7651916cd43dd8448eb211c80319c"
NAME = "Siti%20Aminah"


async def _serve(app: web.Application) -> tuple[web.AppRunner, str]:
    runner = web.AppRunner(app, shutdown_timeout=1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    return runner, f"http://127.0.0.1:{runner.addresses[0][1]}"


async def _answer(request: web.Request) -> web.Response:
    """Be a service: say the template of the route and the trace that came."""
    template = "unknown" if request.path == "/nowhere" else "/v1/persons/{person_id}"
    headers = {ROUTE_HEADER: template, "X-Trace": request.headers["traceparent"]}
    return web.Response(status=int(request.query.get("status", "200")), text="secret_metric 1", headers=headers)


@asynccontextmanager
async def _opened(jwks: str) -> AsyncIterator[tuple[aiohttp.ClientSession, str]]:
    behind = web.Application()
    behind.router.add_route("*", "/{rest:.*}", _answer)
    service, base = await _serve(behind)
    front, url = await _serve(create_app({"/registry": {"api": base, "worker": base}}, jwks))
    async with aiohttp.ClientSession() as http:
        yield http, url
    await front.cleanup()
    await service.cleanup()


@pytest.fixture
def issuer(tmp_path: Path) -> Path:
    development.create_issuer(tmp_path)
    return tmp_path


def _bearer(issuer: Path, role: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {development.issue_token(issuer, role=role, areas=['id'])}"}


@pytest.mark.parametrize("path", ["/metrics", "/registry/metrics", "/registry/metrics/", "/registry/%6detrics"])
async def test_metrics_are_for_operators(issuer: Path, path: str) -> None:
    async with _opened(str(issuer / "jwks.json")) as (http, url):
        for headers, status in (
            ({}, 401),
            ({"Authorization": "Bearer nonsense"}, 401),
            (_bearer(issuer, "dinas"), 403),
            (_bearer(issuer, "operator"), 200),
        ):
            async with http.get(URL(url + path, encoded=True), headers=headers) as answer:
                text = await answer.text()
                assert answer.status == status, (path, status)
                assert ("_metric" in text or "ilp_front_door" in text) == (status == 200)
    async with _opened("") as (http, url), http.get(url + path, headers=_bearer(issuer, "operator")) as answer:
        assert answer.status == 401, "without keys nobody is an operator"


async def test_a_request_is_counted_by_its_template(issuer: Path) -> None:
    async with _opened(str(issuer / "jwks.json")) as (http, url):
        for path in (f"/registry/v1/persons/{NAME}?status=418", "/health", f"/nothing/{NAME}"):
            async with http.get(url + path) as answer:
                assert ROUTE_HEADER not in answer.headers
        async with http.get(url + "/metrics", headers=_bearer(issuer, "operator")) as answer:
            text = await answer.text()
    counted = dict(re.findall(r"^ilp_front_door_request_seconds_count\{(.*)\} (\S+)$", text, re.M))
    for labels in (
        'method="GET",route="/registry/v1/persons/{person_id}",service="registry",status="418"',
        'method="GET",route="/health",service="front-door",status="503"',
        'method="GET",route="unknown",service="front-door",status="404"',
    ):
        assert any(set(labels.split(",")) <= set(known.split(",")) for known in counted), counted
    assert "Siti" not in text


async def test_a_refusal_is_one_line_with_the_trace_of_its_sender(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logging("front-door", "INFO")  # to what pytest captures now
    async with _opened("") as (http, url):
        capsys.readouterr()
        trace = {"traceparent": f"00-{TRACE}-b7ad6b7169203331-01"}
        async with http.get(f"{url}/registry/v1/persons/{NAME}?status=404", headers=trace) as answer:
            assert f"-{TRACE}-" in answer.headers["X-Trace"]
        async with http.get(f"{url}/nothing/{NAME}") as answer:
            trace_id = (await answer.json())["trace_id"]
        async with http.get(f"{url}/registry/nowhere?status=404", headers=trace):
            pass
        async with http.get(f"{url}/registry/v1/persons/1") as answer:
            assert re.fullmatch(r"00-[0-9a-f]{32}-[0-9a-f]{16}-01", answer.headers["X-Trace"]), "a trace of its own"
        out = capsys.readouterr().out
    lines = [line for line in map(json.loads, out.splitlines()) if line["event"] == "request"]
    assert [(line["trace_id"], line["route"], line["status"], line["problem"]) for line in lines] == [
        (TRACE, "/registry/v1/persons/{person_id}", 404, None),
        (trace_id, "unknown", 404, "not-found"),
        (TRACE, "unknown", 404, None),
    ]
    assert all(line["timestamp"] and line["method"] == "GET" for line in lines)
    assert "Siti" not in json.dumps(lines)
