"""Whatever the database does, a request is answered within its deadline: 503, problem+json, Retry-After."""

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import httpx2
from sqlalchemy.engine import make_url

from ilp_screening.service import SERVICE
from ilp_shared.http.resources import Resources
from tests.faults.proxy import FaultProxy
from tests.service.screening.screening_api import ScreeningApi, open_screening_api
from tests.support.api import Issuer, open_api
from tests.support.databases import Databases, DatabaseUrls
from tests.support.waiting import eventually

WAIT_S, DEADLINE_S, POOL = 1.0, 2.0, 2
SLACK_S = 10.0
"""What a loaded machine may add."""


@dataclass
class Scene:
    """An API whose database is behind a proxy, and what to ask it."""

    client: httpx2.AsyncClient
    proxy: FaultProxy
    api: ScreeningApi
    resources: Resources

    async def ask(self) -> dict[str, httpx2.Response]:
        """One request of every kind: ordinary command, hot path, read, feed; within the deadline, or it fails."""
        open_day = {"facility_id": str(self.api.posyandu), "day": "2026-11-20"}
        midwife, system = self.api.issuer.headers("midwife", "13.76"), self.api.issuer.headers("integrator")
        asked = {
            "command": self.client.post("/v1/open-days", json=open_day, headers=midwife),
            "hot path": self.client.post("/v1/screenings", json=self.api.screening(), headers=midwife),
            "read": self.client.get(f"/v1/screenings/{self.api.child}", headers=midwife),
            "feed": self.client.get("/v1/events?shard=1", headers=system),
        }
        async with asyncio.timeout(DEADLINE_S + SLACK_S):
            return dict(zip(asked, await asyncio.gather(*asked.values()), strict=True))

    async def all_refused(self) -> None:
        """Demand that every kind of request is refused as it should be."""
        for kind, answer in (await self.ask()).items():
            assert answer.status_code == 503, (kind, answer.text)
            assert answer.headers["content-type"] == "application/problem+json", kind
            assert int(answer.headers["retry-after"]) > 0, kind
            assert answer.json()["retryable"], kind
            assert "content-security-policy" in answer.headers, kind

    async def all_served(self) -> bool:
        """Tell whether every kind of request is served."""
        return all(answer.status_code < 500 for answer in (await self.ask()).values())


@asynccontextmanager
async def scene(databases: Databases, issuer: Issuer, deadline_s: float = DEADLINE_S) -> AsyncIterator[Scene]:
    """Yield an API with a small pool and a short deadline, its database behind a proxy."""
    async with open_screening_api(databases, issuer) as api:
        direct = make_url(api.urls.app)
        proxy = FaultProxy((direct.host or "127.0.0.1", direct.port or 5432), random.Random(1))
        await proxy.start()
        url = direct.set(host="127.0.0.1", port=proxy.port).render_as_string(hide_password=False)
        limits = {"request_deadline_s": str(deadline_s), "command_deadline_s": str(WAIT_S), "pool_size": str(POOL)}
        try:
            async with open_api(SERVICE, DatabaseUrls(url, api.urls.owner), issuer, **limits) as limited:
                made = Scene(limited.client, proxy, api, limited.app.state.resources)
                await eventually(made.all_served, within_s=60)
                yield made
                proxy.heal()
        finally:
            await proxy.stop()


async def test_a_silent_database_is_503_in_time_and_served_again_when_it_speaks(
    databases: Databases, issuer: Issuer
) -> None:
    async with scene(databases, issuer) as it:
        it.proxy.hold()
        await it.all_refused()
        await it.all_refused()  # whose connections are all taken by those before
        it.proxy.heal()
        await eventually(it.all_served, within_s=60)


async def test_connections_silent_for_ever_are_given_up_although_nobody_says_so(
    databases: Databases, issuer: Issuer
) -> None:
    async with scene(databases, issuer) as it:
        it.proxy.strand()
        await it.all_refused()
        await eventually(it.all_served, within_s=60)


async def test_silent_connections_that_wait_in_the_pool_are_found_before_they_are_used(
    databases: Databases, issuer: Issuer
) -> None:
    async with scene(databases, issuer, deadline_s=2 * SLACK_S) as it:
        midwife = it.api.issuer.headers("midwife", "13.76")
        query = {"person": str(it.api.child)}
        before = it.proxy.accepted
        it.proxy.strand()
        for _ in range(POOL):
            answer = await it.client.get("/v1/screenings", params=query, headers=midwife)
            assert answer.status_code == 200, answer.text
        assert it.proxy.accepted > before


async def test_an_exhausted_pool_is_503_in_time(databases: Databases, issuer: Issuer) -> None:
    async with scene(databases, issuer) as it:
        database = it.resources.database
        async with asyncio.TaskGroup() as group:
            freed = asyncio.Event()

            async def take() -> None:
                async with database.pool.acquire(), database.engine.connect():
                    await freed.wait()

            for _ in range(POOL):
                group.create_task(take())
            await eventually(lambda: _taken(it))
            await it.all_refused()
            freed.set()
        await eventually(it.all_served, within_s=60)


async def _taken(it: Scene) -> bool:
    database = it.resources.database
    return database.pool.get_idle_size() == 0 and f"Checked out connections: {POOL}" in database.engine.pool.status()
