"""A posyandu that weighs children through the front door, so that numbers change."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx2

from ilp_shared.areas import zone_of
from ilp_shared.ids import new_id
from tests.support.platform import Platform
from tests.support.waiting import eventually

OBSERVED = {"weight_kg": 10.4, "length_height_cm": 84.8, "height_posture": "lying"}


@dataclass
class Posyandu:
    """One posyandu; `weighed` is how many children of its village were weighed in its month."""

    platform: Platform
    village: str
    facility: UUID
    at: datetime
    weighed: int = 0
    has_day: bool = False

    @classmethod
    async def opened(cls, platform: Platform, village: str) -> "Posyandu":
        """Register a posyandu in a village."""
        made = cls(platform, village, new_id(), datetime.now(UTC) - timedelta(minutes=1))
        body = {"id": str(made.facility), "kind": "posyandu", "name": "Posyandu Layar", "area_code": village}
        (await made._send("registry/v1/facilities", body, "dinas", village[:5])).raise_for_status()
        situation = f"/monitoring/v1/situations/{village}?period={made.month}"
        known = (await platform.client.get(situation, headers=platform.headers("dinas"))).json()["indicators"]
        made.weighed = next(numbers["numerator"] for numbers in known if numbers["code"] == "D_S")
        return made

    @property
    def district(self) -> str:
        """The district of its village; nothing else happens there."""
        return self.village[:8]

    @property
    def regency(self) -> str:
        """The regency of its village."""
        return self.village[:5]

    @property
    def month(self) -> str:
        """The month of its day at the place."""
        return f"{self.day:%Y-%m}"

    @property
    def day(self) -> date:
        """Its day at the place."""
        return self.at.astimezone(zone_of(self.village)).date()

    async def child(self) -> UUID:
        """Register a child of two years in its village."""
        child = new_id()
        born = (self.at - timedelta(days=700)).date().isoformat()
        body = {"id": str(child), "name": "Contoh Anak", "sex": "female", "birth_date": born, "home_area": self.village}
        (await self._send("registry/v1/persons", body, "midwife", self.village)).raise_for_status()
        return child

    async def open(self) -> None:
        """Schedule its day, unless it is: only with one, known to screening, does what it records count as reported."""
        if self.has_day:
            return
        body = {"id": str(new_id()), "facility_id": str(self.facility), "day": self.day.isoformat()}
        (await self._send("screening/v1/open-days", body, "midwife", self.village)).raise_for_status()
        self.has_day = True

    async def weigh(self, child: UUID, *, at: datetime | None = None) -> float:
        """Weigh a child not weighed in the month; returns when the POST that was accepted was sent (Unix time)."""
        sent, _ = await self.record(child, OBSERVED, at=at)
        self.weighed += at is None
        return sent

    async def record(
        self, person: UUID, observations: Mapping[str, object], *, at: datetime | None = None
    ) -> tuple[float, dict[str, Any]]:
        """Record a screening; returns when the POST that was accepted was sent (Unix time), and its answer."""
        body = {
            "id": str(new_id()),
            "person_id": str(person),
            "facility_id": str(self.facility),
            "occurred_at": (at or self.at).isoformat(),
            "observations": observations,
        }
        answers: list[httpx2.Response] = []
        sent: list[float] = []

        async def known() -> bool:  # person and posyandu reach screening by events
            sent.append(time.time())
            answers.append(await self._send("screening/v1/screenings", body, "kader", self.village))
            return answers[-1].status_code != 404 or not answers[-1].json()["retryable"]

        await eventually(known)
        assert answers[-1].status_code == 201, answers[-1].text
        return sent[-1], answers[-1].json()

    async def _send(self, path: str, body: Mapping[str, object], role: str, area: str) -> httpx2.Response:
        return await self.platform.client.post(f"/{path}", json=body, headers=self.platform.headers(role, area))
