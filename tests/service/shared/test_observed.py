"""What an operator can see of a process: every refusal by its trace, streams, pools, build, what is unpublished."""

import asyncio
import json
import re
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import asyncpg
import httpx2
import pytest
from fastapi import APIRouter
from fastapi.sse import EventSourceResponse, ServerSentEvent
from prometheus_client import generate_latest

from ilp_shared.auth import development
from ilp_shared.auth.permissions import PUBLIC
from ilp_shared.bus.archive import outbox
from ilp_shared.bus.archive.unit import open_unit
from ilp_shared.db.connection import Connection
from ilp_shared.db.vitals import Vitals
from ilp_shared.http.app import create_app
from ilp_shared.http.guard import can
from ilp_shared.ids import new_id
from ilp_shared.logging import configure_logging
from ilp_shared.settings import ServiceSettings
from ilp_shared.text import Text
from tests.service.shared.things import DATA, NOW, aggregate
from tests.support.api import Issuer
from tests.support.certificates import Authority
from tests.support.waiting import eventually

TRACE = "0af7651916cd43dd8448eb211c80319c"
HEADERS = {"traceparent": f"00-{TRACE}-b7ad6b7169203331-01"}
router = APIRouter(dependencies=[can(PUBLIC)])
_more = asyncio.Event()


@router.get("/v1/broken")
async def broken() -> None:
    """Fail for a reason that holds personal data."""
    raise ValueError("Siti Aminah, 1376014101990001")


@router.get("/v1/stream/{area}", response_class=EventSourceResponse)
async def stream(area: str) -> AsyncIterator[ServerSentEvent]:
    """Send one event, and the next when the test says so."""
    yield ServerSentEvent(event="detak", data=area)
    await _more.wait()


@asynccontextmanager
async def observed(postgres_url: str, schema: str, issuer: Issuer, **more: object) -> AsyncIterator[httpx2.AsyncClient]:
    settings = ServiceSettings.model_validate(
        {
            "profile": "development",
            "database_url": postgres_url,
            "kafka_bootstrap": "127.0.0.1:1",
            "oidc_issuer": development.ISSUER,
            "oidc_jwks": str(issuer.folder / "jwks.json"),
            "build": "abc1234",
            **more,
        }
    )
    configure_logging("observed", "INFO")  # to what pytest captures now
    app = create_app(
        settings,
        name="observed",
        schema=schema,
        package="ilp_screening",
        summary=Text("", ""),
        tags={},
        routers=[router],
    )
    async with app.router.lifespan_context(app):
        transport = httpx2.ASGITransport(app=app, raise_app_exceptions=False)
        async with httpx2.AsyncClient(transport=transport, base_url="http://test") as client:
            yield client


def logged(out: str) -> list[dict[str, object]]:
    """Return the lines that the service logged; the client of the test logs too."""
    lines = [json.loads(line) for line in out.splitlines() if line.startswith("{")]
    return [line for line in lines if line["event"] in ("request", "request_failed")]


def value(text: str, name: str, *labels: str) -> float:
    """Return the value of the one metric of a name that bears all these labels."""
    named = [line for line in text.splitlines() if re.match(rf"{name}(\{{| )", line)]
    (line,) = [line for line in named if all(label in line for label in labels)]
    return float(line.rpartition(" ")[2])


async def test_a_refusal_is_one_line_with_the_trace_that_its_reader_was_shown(
    postgres_url: str, schema: str, issuer: Issuer, capsys: pytest.CaptureFixture[str]
) -> None:
    async with observed(postgres_url, schema, issuer) as client:
        capsys.readouterr()
        refused = [
            await client.get("/v1/events?shard=3", headers=HEADERS),
            await client.get("/v1/events?shard=x&name=Siti", headers=HEADERS | issuer.headers("integrator")),
            await client.get("/nothing/1376014101990001", headers=HEADERS),
            await client.delete("/health/live", headers=HEADERS),
        ]
        lines = logged(capsys.readouterr().out)
    assert [answer.status_code for answer in refused] == [401, 422, 404, 405]
    assert [answer.json()["trace_id"] for answer in refused] == [TRACE] * 4
    outcomes = [(line["route"], line["method"], line["status"], line["problem"]) for line in lines]
    assert outcomes == [
        ("/v1/events", "GET", 401, "unauthenticated"),
        ("/v1/events", "GET", 422, "invalid-input"),
        ("unknown", "GET", 404, "not-found"),
        ("/health/live", "DELETE", 405, "method-not-allowed"),
    ]
    assert {line["trace_id"] for line in lines} == {TRACE}
    assert "Siti" not in json.dumps(lines)
    assert "1376014101990001" not in json.dumps(lines)


async def test_an_error_and_its_cause_bear_the_trace(
    postgres_url: str, schema: str, issuer: Issuer, capsys: pytest.CaptureFixture[str]
) -> None:
    async with observed(postgres_url, schema, issuer) as client:
        capsys.readouterr()
        answer = await client.get("/v1/broken", headers=HEADERS)
        lines = logged(capsys.readouterr().out)
        await client.get("/v1/broken")
        other = logged(capsys.readouterr().out)
    assert answer.status_code == 500
    cause, request = lines
    assert (cause["event"], request["event"]) == ("request_failed", "request")
    assert cause["trace_id"] == request["trace_id"] == answer.json()["trace_id"] == TRACE
    assert "ValueError" in str(cause["exception"])
    assert "Siti" not in json.dumps(lines)
    assert TRACE not in json.dumps(other), "the next request has a trace of its own"
    assert other[0]["trace_id"] == other[1]["trace_id"]


async def test_how_long_a_stream_is_open_is_no_time_to_answer(postgres_url: str, schema: str, issuer: Issuer) -> None:
    route = 'route="/v1/stream/{area}"'

    async with observed(postgres_url, schema, issuer) as client:

        async def metrics() -> str:
            return (await client.get("/metrics")).text

        async def begun() -> bool:
            return route in await metrics()

        _more.clear()
        opened = asyncio.create_task(client.get("/v1/stream/13.76"))
        await eventually(begun)
        text = await metrics()
        assert value(text, "ilp_http_streams_open", route) == 1
        assert value(text, "ilp_http_request_seconds_count", route) == 1, "it has been answered"
        _more.set()
        assert (await opened).status_code == 200
        text = await metrics()
    assert value(text, "ilp_http_streams_open", route) == 0
    assert value(text, "ilp_http_stream_seconds_count", route) == 1
    assert value(text, "ilp_http_request_seconds_count", route) == 1


async def test_pools_and_build_are_shown(postgres_url: str, schema: str, issuer: Issuer) -> None:
    async with observed(postgres_url, schema, issuer) as client:
        text = (await client.get("/metrics")).text
    for pool in ("commands", "hot"):
        used, idle, limit = (
            value(text, "ilp_database_connections", f'pool="{pool}"', f'state="{state}"')
            for state in ("used", "idle", "limit")
        )
        assert 0 <= used + idle <= limit == 10
    assert value(text, "ilp_build_info", 'service="observed"', 'build="abc1234"') == 1


async def test_waits_for_connections_are_counted_by_pool(postgres_url: str, schema: str, issuer: Issuer) -> None:
    async with observed(postgres_url, schema, issuer) as client:
        before = (await client.get("/metrics")).text
        await client.get("/health/ready")
        after = (await client.get("/metrics")).text
    counts = [value(text, "ilp_database_wait_seconds_count", 'pool="hot"') for text in (before, after)]
    assert counts[1] >= counts[0] + 2, "for the readiness, and for the look at the metrics itself"


async def test_an_unknown_method_makes_no_series_of_its_own(postgres_url: str, schema: str, issuer: Issuer) -> None:
    async with observed(postgres_url, schema, issuer) as client:
        for method in ("BREW", "LOCK"):
            await client.request(method, "/health/live")
        text = (await client.get("/metrics")).text
    assert value(text, "ilp_http_request_seconds_count", 'method="other"', 'status="405"') == 2
    assert "BREW" not in text


async def test_the_end_of_every_certificate_that_the_settings_name_is_shown(
    postgres_url: str, schema: str, issuer: Issuer
) -> None:
    with TemporaryDirectory() as folder:
        authority, other = Authority(Path(folder), days=30), Authority(Path(folder) / "postgres", days=60)
        own = authority.sign("screening")
        kafka = {"kafka_ca_file": authority.file, "kafka_certificate_file": own.certificate, "kafka_key_file": own.key}
        url = f"{postgres_url}?sslmode=prefer&sslrootcert={other.file}"
        async with observed(url, schema, issuer, kafka_security_protocol="SSL", **kafka) as client:
            text = (await client.get("/metrics")).text
            own.certificate.write_text("damaged")
            damaged = (await client.get("/metrics")).text
    ends = {
        file: value(text, "ilp_certificate_expiry_timestamp_seconds", f'file="{file}"')
        for file in ("kafka_certificate", "kafka_ca", "postgres_ca")
    }
    assert 0 < ends["kafka_certificate"] < ends["kafka_ca"] < ends["postgres_ca"]
    assert value(damaged, "ilp_certificate_expiry_timestamp_seconds", 'file="kafka_certificate"') == 0


async def test_a_reader_that_holds_an_old_snapshot_is_shown_with_its_age(pool: asyncpg.Pool) -> None:
    vitals = Vitals()

    async def age() -> float:
        async with pool.acquire() as conn:
            await conn.fetchval("SELECT pg_current_xact_id()")  # as every command does: new snapshots are newer
            await vitals.look(conn)
        return value(generate_latest().decode(), "ilp_database_oldest_snapshot_seconds")

    async def grows() -> bool:
        return await age() > 0.5

    async def ends() -> bool:
        return await age() < 0.5

    async with pool.acquire() as reader, reader.transaction(isolation="repeatable_read"):
        await reader.fetchval("SELECT 1")
        await eventually(grows)
    await eventually(ends)


async def test_a_reader_of_the_log_that_stands_still_is_shown_with_its_age(pool: asyncpg.Pool) -> None:
    vitals, name = Vitals(), f"test_{new_id().hex}"

    async def age() -> float:
        async with pool.acquire() as conn:
            await vitals.look(conn)
        return value(generate_latest().decode(), "ilp_database_wal_archive_age_seconds")

    async def grows() -> bool:
        return await age() > 0.5

    assert await age() == 0, "none is archived or followed here"
    async with pool.acquire() as conn:
        await conn.execute("SELECT pg_create_physical_replication_slot($1, true)", name)
        try:
            await conn.execute("CREATE TABLE written_to_the_log AS SELECT 1")
            assert await age() < 0.5
            await eventually(grows)
            await conn.execute("SELECT pg_replication_slot_advance($1, pg_current_wal_lsn())", name)
            assert await age() < 0.5, "its reader goes on"
            await conn.execute("CREATE TABLE written_again AS SELECT 1")
            await eventually(grows)
        finally:
            await conn.execute("SELECT pg_drop_replication_slot($1)", name)
    assert await age() == 0


async def test_the_oldest_unpublished_event_has_an_age_until_it_is_published(pool: asyncpg.Pool) -> None:
    async def age() -> float:
        async with pool.acquire() as conn:
            return await outbox.oldest_unpublished_s(conn)

    async def publish(conn: Connection, rows: Sequence[asyncpg.Record]) -> None:
        await outbox.mark_published(conn, {row["shard"]: row["sequence"] for row in rows})

    async with pool.acquire() as conn:
        await publish(conn, await outbox.assign(conn, 100_000))
        assert await age() == 0
        async with open_unit(conn) as unit:
            unit.emit(DATA, of=aggregate(new_id()), occurred_at=NOW)
        await conn.execute("UPDATE event_log SET recorded_at = now() - interval '100 s' WHERE sequence IS NULL")
        assert 100 <= await age() < 1000, "without a sequence"
        rows = await outbox.assign(conn, 100_000)
        assert 100 <= await age() < 1000, "with a sequence, not acknowledged"
        await publish(conn, rows)
        assert await age() == 0
