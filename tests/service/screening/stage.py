"""The stage of the screening tests: a running API whose copies hold two villages with a posyandu and people each."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import asyncpg
import httpx2
from fastapi import FastAPI

from ilp_screening.consumers import RegistryCopies
from ilp_screening.service import SERVICE
from ilp_shared.bus.contract.envelope import NewEvent
from ilp_shared.events.registry.v1 import FacilityRegistered, PersonRegistered
from ilp_shared.http.resources import Resources
from ilp_shared.ids import new_id
from tests.support.apps import Issuer, running_api
from tests.support.databases import Databases, DatabaseUrls
from tests.support.feeding import Feed

VILLAGE, OTHER_VILLAGE, EAST_VILLAGE = "13.76.01.1001", "17.05.01.2001", "91.71.01.1001"
BORN = date(2024, 3, 1)
CHILD = {"weight_kg": 10.4, "length_height_cm": 84.8, "height_posture": "lying"}
Json = dict[str, Any]


def facility(area: str, *, facility_id: UUID | None = None, version: int = 1, zone: str = "Asia/Jakarta") -> NewEvent:
    """Return the event of a posyandu."""
    own_id = facility_id or new_id()
    data = FacilityRegistered(
        facility_id=own_id, kind="posyandu", name="Posyandu Contoh", area_code=area, timezone=zone, example_data=True
    )
    return NewEvent(data, own_id, version, area, area, datetime.now(UTC))


def person(
    area: str, *, person_id: UUID | None = None, version: int = 1, born: date = BORN, home: str | None = None
) -> NewEvent:
    """Return the event of a boy registered in `area`; `home` is where he lives now."""
    own_id = person_id or new_id()
    data = PersonRegistered(person_id=own_id, sex="male", birth_date=born, home_area=home or area)
    return NewEvent(data, own_id, version, area, home or area, datetime.now(UTC))


@dataclass
class Stage:
    """API, client, database and the people on it."""

    app: FastAPI
    client: httpx2.AsyncClient
    urls: DatabaseUrls
    issuer: Issuer
    feed: Feed
    posyandu: UUID
    other_posyandu: UUID
    east_posyandu: UUID
    child: UUID
    other_child: UUID
    east_child: UUID

    @property
    def pool(self) -> asyncpg.Pool:
        """Pool of the app itself (app role: row-level security binds it)."""
        resources: Resources = self.app.state.resources
        return resources.database.pool

    def screening(self, **changes: object) -> Json:
        """Return a body for the child of VILLAGE, 631 days old."""
        body: Json = {
            "person_id": str(self.child),
            "facility_id": str(self.posyandu),
            "occurred_at": "2025-11-22T02:00:00Z",
            "observations": CHILD,
        }
        return body | changes

    async def post(
        self, path: str, body: object, *, role: str = "midwife", area: str = "13.76", key: str | None = None
    ) -> httpx2.Response:
        """Send a write."""
        return await self.client.post(path, json=body, headers=self.issuer.headers(role, area, key=key))

    async def get(self, path: str, *, role: str = "midwife", area: str = "13.76", **query: object) -> httpx2.Response:
        """Send a read; `from_` is the parameter `from`."""
        params = {name.rstrip("_"): str(value) for name, value in query.items()}
        return await self.client.get(path, params=params, headers=self.issuer.headers(role, area))

    async def record(self, **changes: object) -> Json:
        """Record a screening and return its answer."""
        response = await self.post("/v1/screenings", self.screening(**changes))
        assert response.status_code == 201, response.text
        answer: Json = response.json()
        return answer

    async def query(self, sql: str, *args: object, areas: str = "id") -> list[asyncpg.Record]:
        """Run a query as the app role inside a scope."""
        async with self.pool.acquire() as conn, conn.transaction():
            await conn.execute("SELECT set_config('ilp.areas', $1, true)", areas)
            rows: list[asyncpg.Record] = await conn.fetch(sql, *args)
            return rows

    async def as_owner(self, sql: str) -> None:
        """Run a script as the owner of the schema."""
        conn = await asyncpg.connect(self.urls.owner)
        try:
            await conn.execute(sql)
        finally:
            await conn.close()


@asynccontextmanager
async def open_stage(databases: Databases, issuer: Issuer) -> AsyncIterator[Stage]:
    """Yield a stage on a fresh database."""
    urls = await databases.create(SERVICE)
    async with running_api(SERVICE, urls, issuer) as (app, client):
        resources: Resources = app.state.resources
        feed = Feed(resources.database.pool, RegistryCopies())
        facilities = (facility(VILLAGE), facility(OTHER_VILLAGE), facility(EAST_VILLAGE, zone="Asia/Jayapura"))
        people = (person(VILLAGE), person(OTHER_VILLAGE), person(EAST_VILLAGE))
        await feed.apply(*facilities, *people)
        ids = (event.aggregate_id for event in (*facilities, *people))
        yield Stage(app, client, urls, issuer, feed, *ids)
