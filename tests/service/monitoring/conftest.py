"""Fixtures of the monitoring tests: an API on a new database, fed with events."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import httpx2
import pytest_asyncio
from fastapi import FastAPI

from ilp_monitoring.projections.engine import SituationProjection
from ilp_monitoring.service import SERVICE
from ilp_shared.http.resources import Resources
from tests.service.monitoring.events import MONTH, World
from tests.support.api import Issuer, open_api
from tests.support.databases import Databases
from tests.support.feeding import Feed


@dataclass
class Monitoring:
    """Monitoring's API and the events that reach it."""

    app: FastAPI
    client: httpx2.AsyncClient
    issuer: Issuer
    feed: Feed
    world: World = field(default_factory=World)

    @property
    def resources(self) -> Resources:
        """Resources of the app."""
        resources: Resources = self.app.state.resources
        return resources

    async def get(self, path: str, *areas: str, role: str = "dinas", **params: str) -> httpx2.Response:
        """Ask the API as a role of some areas (the nation by default)."""
        return await self.client.get(path, params=params or None, headers=self.issuer.headers(role, *areas))

    async def situation(self, area: str, period: str = MONTH, **params: str) -> dict[str, Any]:
        """Return the situation of an area."""
        answer = await self.get(f"/v1/situations/{area}", period=period, **params)
        assert answer.status_code == 200, answer.text
        body: dict[str, Any] = answer.json()
        return body

    async def numbers(self, area: str, code: str, period: str = MONTH, **params: str) -> dict[str, Any]:
        """Return one indicator of an area."""
        situation = await self.situation(area, period, **params)
        return next(i for i in situation["indicators"] if i["code"] == code)

    async def ratio(self, area: str, code: str, period: str = MONTH) -> tuple[int, int]:
        """Return numerator and denominator."""
        numbers = await self.numbers(area, code, period)
        return numbers["numerator"], numbers["denominator"]


@pytest_asyncio.fixture(loop_scope="session")
async def monitoring(databases: Databases, issuer: Issuer) -> AsyncIterator[Monitoring]:
    """Run an empty monitoring service."""
    async with open_api(SERVICE, await databases.create(SERVICE), issuer) as api:
        yield Monitoring(api.app, api.client, issuer, Feed(api.database.pool, SituationProjection()))
