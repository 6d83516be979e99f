"""What every service's HTTP skeleton promises, shown on one of them, served below a prefix."""

import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime

import httpx2
import pytest
import pytest_asyncio
from fastapi import FastAPI

from ilp_cluster_services.service import SERVICE
from ilp_shared.bus.archive.unit import open_unit
from ilp_shared.bus.contract.envelope import Aggregate, shard_of
from ilp_shared.events.monitoring.v1 import SituationChanged
from ilp_shared.http.bodies import MAX_BODY
from ilp_shared.ids import new_id
from tests.support.api import Issuer, open_api
from tests.support.databases import Databases

_NOW = datetime(2026, 11, 22, tzinfo=UTC)


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def served(databases: Databases, issuer: Issuer) -> AsyncIterator[tuple[FastAPI, httpx2.AsyncClient]]:
    """One service's app and a client on it."""
    async with open_api(SERVICE, await databases.create(SERVICE), issuer, root_path="/prefix") as api:
        yield api.app, api.client


async def test_documents_come_from_this_origin_only(served: tuple[FastAPI, httpx2.AsyncClient]) -> None:
    _, client = served
    page = await client.get("/docs")
    assert page.status_code == 200
    links = re.findall(r'(?:src|href)="([^"]+)"', page.text)
    assert len(links) == 3
    for link in links:
        assert "://" not in link
        assert (await client.get(link)).status_code == 200
    document = (await client.get("/openapi.json")).json()
    assert document["openapi"].startswith("3.")
    assert document["components"]["securitySchemes"]["bearer"]["scheme"] == "bearer"
    words = {path: document["paths"][f"/health/{path}"]["get"]["description"] for path in ("live", "ready")}
    assert words["live"].startswith("Jawab selama proses berjalan.\n\nAnswer while")
    assert words["ready"].startswith("Sebutkan apakah permintaan dapat dilayani.\n\nTell whether")


async def test_security_headers_are_on_every_answer(served: tuple[FastAPI, httpx2.AsyncClient]) -> None:
    _, client = served
    for path in ("/docs", "/health/live", "/v1/tasks", "/nothing"):
        headers = (await client.get(path)).headers
        assert headers["content-security-policy"].startswith("default-src 'none'")
        assert "unsafe" not in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize(("accept", "word"), [(None, "masuk"), ("en", "Sign-in"), ("id,en;q=0.5", "masuk")])
async def test_problems_speak_the_readers_language(
    served: tuple[FastAPI, httpx2.AsyncClient], accept: str | None, word: str
) -> None:
    _, client = served
    answer = await client.get("/v1/tasks", headers={"Accept-Language": accept} if accept else {})
    assert answer.status_code == 401
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert word in problem["title"]
    assert problem["instance"] == "/prefix/v1/tasks"
    assert problem["type"] == "urn:ilp:problem:unauthenticated"
    assert re.fullmatch("[0-9a-f]{32}", problem["trace_id"])


@pytest.mark.parametrize(("method", "path", "status"), [("GET", "/nothing", 404), ("DELETE", "/v1/tasks", 405)])
async def test_wrong_addresses_and_methods_are_problems_too(
    served: tuple[FastAPI, httpx2.AsyncClient], method: str, path: str, status: int
) -> None:
    _, client = served
    answer = await client.request(method, path)
    assert answer.status_code == status
    assert answer.json()["status"] == status


async def test_a_caller_s_trace_is_kept(served: tuple[FastAPI, httpx2.AsyncClient]) -> None:
    _, client = served
    trace = "0af7651916cd43dd8448eb211c80319c"
    answer = await client.get("/v1/tasks", headers={"traceparent": f"00-{trace}-b7ad6b7169203331-01"})
    assert answer.json()["trace_id"] == trace


async def test_a_body_above_the_limit_is_refused_without_reading_it_all(
    served: tuple[FastAPI, httpx2.AsyncClient], issuer: Issuer
) -> None:
    _, client = served
    sent = 0

    async def body() -> AsyncIterator[bytes]:
        nonlocal sent
        for _ in range(64):
            sent += 1 << 20
            yield b"x" * (1 << 20)

    path = "/v1/tasks/00000000-0000-7000-8000-000000000007/accept"
    answer = await client.post(path, headers=issuer.headers("midwife", "13.76"), content=body())
    assert answer.status_code == 413
    assert sent <= MAX_BODY + (2 << 20)


@pytest.mark.parametrize("kind", [{}, {"Content-Type": "application/x-www-form-urlencoded"}])
async def test_a_body_that_is_not_sent_as_json_is_told_so(
    served: tuple[FastAPI, httpx2.AsyncClient], issuer: Issuer, kind: dict[str, str]
) -> None:
    _, client = served
    path = "/v1/tasks/00000000-0000-7000-8000-000000000007/accept"
    headers = {**issuer.headers("midwife", "13.76"), **kind}
    answer = await client.post(path, headers=headers, content=b'{"base_version": 1}')
    assert answer.status_code == 422
    (error,) = answer.json()["errors"]
    assert all("Content-Type: application/json" in error["message"][language] for language in ("id", "en"))


async def test_readiness_fails_while_draining_and_liveness_does_not(
    served: tuple[FastAPI, httpx2.AsyncClient],
) -> None:
    app, client = served
    assert (await client.get("/health/ready")).json() == {"status": "ok"}
    app.state.resources.draining.set()
    assert (await client.get("/health/ready")).status_code == 503
    assert (await client.get("/health/live")).status_code == 200
    app.state.resources.draining.clear()


async def test_metrics_count_requests_by_route_template(served: tuple[FastAPI, httpx2.AsyncClient]) -> None:
    _, client = served
    await client.get("/v1/tasks/00000000-0000-7000-8000-000000000007")
    text = (await client.get("/metrics")).text
    assert 'route="/v1/tasks/{task_id}"' in text
    assert "00000000-0000-7000-8000-000000000007" not in text


async def test_the_feed_is_for_systems_and_shows_their_areas_only(
    served: tuple[FastAPI, httpx2.AsyncClient], issuer: Issuer
) -> None:
    app, client = served
    village = "13.76.01.1002"
    data = SituationChanged(area_code=village, as_of=_NOW, sequence=1)
    pool = app.state.resources.database.pool
    async with pool.acquire() as conn:
        async with open_unit(conn) as unit:
            unit.emit(data, of=Aggregate(new_id(), 1, village), occurred_at=_NOW)
        await conn.execute("UPDATE event_log SET sequence = 1")
    shard = {"shard": shard_of("13.76")}
    for area, number in (("id", 1), ("13.76", 1), ("14.72", 0)):
        answer = await client.get("/v1/events", params=shard, headers=issuer.headers("integrator", area))
        assert len(answer.json()) == number, area
    for role in ("operator", "analyst", "kader"):
        refused = await client.get("/v1/events", params=shard, headers=issuer.headers(role))
        assert refused.status_code == 403
    wrong = await client.get("/v1/events", params={"shard": 64}, headers=issuer.headers("integrator"))
    assert wrong.json()["errors"][0]["pointer"] == "/query/shard"
