"""The screening API for tests: its copies hold three villages, each with a posyandu and a child."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from ilp_screening.consumers import RegistryCopies
from ilp_screening.service import SERVICE
from ilp_shared.bus.contract.envelope import NewEvent
from ilp_shared.events.registry.v1 import FacilityRegistered, PersonRegistered
from ilp_shared.ids import new_id
from tests.support.api import Api, Issuer, open_api
from tests.support.databases import Databases
from tests.support.feeding import Feed

VILLAGE, OTHER_VILLAGE, EAST_VILLAGE = "13.76.01.1001", "17.05.01.2001", "91.71.01.1001"
BORN = date(2024, 3, 1)
A_CENTURY = 36_500
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


@dataclass(frozen=True)
class ScreeningApi(Api):
    """The screening service, and the facilities and people that its copies hold."""

    feed: Feed
    posyandu: UUID
    other_posyandu: UUID
    east_posyandu: UUID
    child: UUID
    other_child: UUID
    east_child: UUID

    def screening(self, **changes: object) -> Json:
        """Return a body for the child of VILLAGE, 631 days old."""
        body: Json = {
            "person_id": str(self.child),
            "facility_id": str(self.posyandu),
            "occurred_at": "2025-11-22T02:00:00Z",
            "observations": CHILD,
        }
        return body | changes

    async def record(self, **changes: object) -> Json:
        """Record a screening and return its answer."""
        response = await self.post("/v1/screenings", self.screening(**changes))
        assert response.status_code == 201, response.text
        answer: Json = response.json()
        return answer


@asynccontextmanager
async def open_screening_api(
    databases: Databases, issuer: Issuer, *, back_entry_days: int = A_CENTURY
) -> AsyncIterator[ScreeningApi]:
    """Yield the service on a fresh database; days of tests are fixed, so that it takes them however late it is."""
    urls = await databases.create(SERVICE)
    async with open_api(SERVICE, urls, issuer, back_entry_days=str(back_entry_days)) as api:
        feed = Feed(api.database.pool, RegistryCopies())
        facilities = (facility(VILLAGE), facility(OTHER_VILLAGE), facility(EAST_VILLAGE, zone="Asia/Jayapura"))
        people = (person(VILLAGE), person(OTHER_VILLAGE), person(EAST_VILLAGE))
        await feed.apply(*facilities, *people)
        ids = (event.aggregate_id for event in (*facilities, *people))
        yield ScreeningApi(api.service, urls, issuer, api.app, api.client, feed, *ids)
