"""The API killed before and after a commit: the client repeats with its key, and the record is there once."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx2
import pytest

from deploy.dev.vault import free_port
from ilp_shared.auth import development
from ilp_shared.ids import new_id
from tests.service.screening.screening_api import A_CENTURY, ScreeningApi, open_screening_api
from tests.support.api import Issuer
from tests.support.children import killed_at_end
from tests.support.databases import Databases
from tests.support.plain_http import plain_client
from tests.support.waiting import eventually, patiently


@asynccontextmanager
async def _api(api: ScreeningApi, failpoint: str) -> AsyncIterator[tuple[asyncio.subprocess.Process, str]]:
    """Run the screening API as a process on the api's database."""
    port = free_port()
    settings = {
        "PROFILE": "development",
        "DATABASE_URL": api.urls.app,
        "KAFKA_BOOTSTRAP": "127.0.0.1:1",
        "PORT": str(port),
        "BACK_ENTRY_DAYS": str(A_CENTURY),
        "OIDC_ISSUER": development.ISSUER,
        "OIDC_JWKS": str(api.issuer.folder / "jwks.json"),
    }
    environment = {**os.environ, "ILP_FAILPOINT": failpoint, **{f"ILP_SCREENING_{k}": v for k, v in settings.items()}}
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "ilp_screening", "api", env=environment, stdout=asyncio.subprocess.DEVNULL
    )
    async with killed_at_end(process):
        yield process, f"http://127.0.0.1:{port}"


async def _ready(url: str) -> bool:
    async with plain_client(url) as client:
        try:
            return (await client.get("/health/ready")).status_code == 200
        except httpx2.TransportError:
            return False


@pytest.mark.parametrize(
    ("place", "stored"),
    [("group.before_commit", 0), ("group.after_commit", 1), ("uow.before_commit", 0), ("uow.after_commit", 1)],
)
async def test_a_command_cut_short_is_whole_or_absent_and_its_repetition_is_recorded_once(
    databases: Databases, issuer: Issuer, place: str, stored: int
) -> None:
    async with open_screening_api(databases, issuer) as api:
        if place.startswith("group"):
            path, body, table = "/v1/screenings", api.screening(), "screening"
        else:
            path, body, table = "/v1/open-days", {"facility_id": str(api.posyandu), "day": "2026-11-20"}, "open_day"
        headers = issuer.headers("midwife", "13.76", key=str(new_id()))

        async with _api(api, f"{place}:kill:1") as (process, url):
            await eventually(lambda: _ready(url), within_s=90)
            async with plain_client(url) as client:
                with pytest.raises(httpx2.TransportError):
                    await client.post(path, json=body, headers=headers)
            assert await patiently(process.wait()) == -signal.SIGKILL
        assert len(await api.rows(f"SELECT 1 FROM {table}")) == stored

        again = await api.client.post(path, json=body, headers=headers)
        assert again.status_code == 201
        assert ("idempotent-replayed" in again.headers) == bool(stored)
        assert len(await api.rows(f"SELECT 1 FROM {table}")) == 1
        events = await api.rows("SELECT aggregate_version FROM event_log")
        assert [event["aggregate_version"] for event in events] == [1]
