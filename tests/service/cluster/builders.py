"""Events of other services as cluster-services receives them, and a running service to feed them to."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any, Literal
from uuid import UUID

import httpx2
import orjson
from fastapi import FastAPI

from ilp_cluster_services.service import SERVICE
from ilp_shared.bus.contract.envelope import NewEvent
from ilp_shared.db.database import Database
from ilp_shared.events.registry.v1 import FacilityRegistered
from ilp_shared.events.screening.v1 import (
    RequiredAction,
    ScreeningCorrected,
    ScreeningRecorded,
    ScreeningResult,
    ScreeningVoided,
)
from ilp_shared.ids import new_id
from tests.support.api import Issuer, open_api
from tests.support.databases import Databases
from tests.support.feeding import Feed

VILLAGE = "13.76.01.1002"
OTHER_VILLAGE = "14.72.01.1001"
DAY = date(2026, 11, 20)
MOMENT = datetime(2026, 11, 20, 2, 30, tzinfo=UTC)
Json = dict[str, Any]


def action(code: str, *, after_days: int | None = None, within_hours: int | None = None) -> RequiredAction:
    """Return an action as a result carries it."""
    return RequiredAction(code=code, after_days=after_days, within_hours=within_hours)


def result(code: str, *actions: str | RequiredAction, worst: str = "disease_suspected") -> ScreeningResult:
    """Return a judged result that asks for actions."""
    facts = tuple(action(a) if isinstance(a, str) else a for a in actions)
    return ScreeningResult(code=code, category="x", result_class=worst, actions=facts)


def facility(
    facility_id: UUID,
    kind: Literal["puskesmas", "pustu", "posyandu"],
    parent: UUID | None,
    *,
    area: str = VILLAGE,
    version: int = 1,
) -> NewEvent:
    """Return FacilityRegistered."""
    data = FacilityRegistered(
        facility_id=facility_id, kind=kind, name="x", area_code=area, parent_id=parent, timezone="Asia/Jakarta"
    )
    return NewEvent(data, facility_id, version, area, area, MOMENT)


@dataclass
class Screened:
    """One screening of one person, of which versions can be made."""

    facility_id: UUID
    home: str = VILLAGE
    screening_id: UUID = field(default_factory=new_id)
    person_id: UUID = field(default_factory=new_id)
    version: int = 0

    def recorded(self, *results: ScreeningResult, day: date = DAY) -> NewEvent:
        """Return the first version, or a correction of the one before."""
        self.version += 1
        common = {
            "screening_id": self.screening_id,
            "person_id": self.person_id,
            "facility_id": self.facility_id,
            "facility_kind": "posyandu",
            "facility_area": self.home,
            "home_area": self.home,
            "sex": "female",
            "birth_month": "2024-03",
            "age_days": 631,
            "day": day,
            "observed": ("weight_kg",),
            "results": results,
            "performer_role": "kader",
        }
        if self.version == 1:
            return self._event(ScreeningRecorded.model_validate(common))
        return self._event(ScreeningCorrected.model_validate(common | {"reason": "wrong_value"}))

    def voided(self) -> NewEvent:
        """Return the void of the screening."""
        self.version += 1
        return self._event(
            ScreeningVoided(
                screening_id=self.screening_id,
                person_id=self.person_id,
                facility_id=self.facility_id,
                home_area=self.home,
                day=DAY,
                reason="test_entry",
            )
        )

    def _event(self, data: ScreeningRecorded | ScreeningCorrected | ScreeningVoided) -> NewEvent:
        return NewEvent(data, self.screening_id, self.version, self.home, self.home, MOMENT)


@dataclass
class Running:
    """The service's API and projection on one database."""

    app: FastAPI
    client: httpx2.AsyncClient
    database: Database
    feed: Feed
    issuer: Issuer

    async def tasks(
        self, query: Mapping[str, str | int], *, role: str = "midwife", areas: Sequence[str] = ("id",)
    ) -> Json:
        """Return a page of tasks."""
        answer = await self.client.get("/v1/tasks", params=query, headers=self.issuer.headers(role, *areas))
        assert answer.status_code == 200, answer.text
        page: Json = answer.json()
        return page

    async def of(self, person: UUID) -> dict[str, Json]:
        """Return a person's tasks by action code."""
        return {item["action"]: item for item in (await self.tasks({"person": str(person)}))["items"]}

    async def move(
        self, task: str, move: str, body: Json, *, role: str = "midwife", area: str = "id", key: str | None = None
    ) -> httpx2.Response:
        """Post a move."""
        headers = self.issuer.headers(role, area, key=key)
        return await self.client.post(f"/v1/tasks/{task}/{move}", json=body, headers=headers)

    async def changes(self, task: str) -> list[tuple[int, Json]]:
        """Return (version, payload) of the archived events of a task, in order of archiving."""
        rows = await self.database.pool.fetch(
            "SELECT aggregate_version, key, data FROM event_log WHERE aggregate_id = $1 ORDER BY id", UUID(task)
        )
        return [(row["aggregate_version"], orjson.loads(row["data"]) | {"key": row["key"]}) for row in rows]


@asynccontextmanager
async def running(databases: Databases, issuer: Issuer) -> AsyncIterator[Running]:
    """Yield a running service on a fresh database."""
    async with open_api(SERVICE, await databases.create(SERVICE), issuer) as api:
        feed = Feed(api.database.pool, SERVICE.make_projection())
        yield Running(api.app, api.client, api.database, feed, issuer)
