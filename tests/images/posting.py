"""A posyandu that posts screenings through the gateway: `python -m tests.images.posting ADDRESS CA ISSUER`.

It reads numbers from its input, one a line: so many children are registered and weighed, each until the platform has
accepted it. It answers with one JSON line: how many were accepted in all, what the village's board counts, what arrived
on the live stream, and the status of the page.
"""

from __future__ import annotations

import asyncio
import json
import ssl
import sys
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx2

from ilp_shared.areas import zone_of
from ilp_shared.auth.development import issue_token
from ilp_shared.ids import new_id
from tests.support.waiting import PATIENCE_S, eventually

VILLAGE = "34.71.02.1003"
OBSERVED = {"weight_kg": 10.4, "length_height_cm": 84.8, "height_posture": "lying"}
TOKEN_S = 300
SETTLE_S = 300.0
_PASSING = {404, 408, 429, 502, 503, 504}
"""Answers after which a client tries again, where the problem says so or the gateway is the one that refuses."""


class Posyandu:
    """One posyandu of a village and its day."""

    def __init__(self, client: httpx2.AsyncClient, issuer: Path) -> None:
        self._client, self._issuer = client, issuer
        self._at = datetime.now(UTC) - timedelta(minutes=1)
        self._facility = new_id()
        self.weighed = 0
        self.streamed = 0
        """The highest numerator of D/S that the live stream has shown."""

    @property
    def month(self) -> str:
        """Month of its day at the place."""
        return f"{self._at.astimezone(zone_of(VILLAGE)):%Y-%m}"

    def headers(self, role: str, area: str) -> dict[str, str]:
        """Return a token as short as production asks for, and a new Idempotency-Key."""
        token = issue_token(self._issuer, role=role, areas=[area], lifetime_s=TOKEN_S)
        return {"Authorization": f"Bearer {token}", "Idempotency-Key": str(new_id())}

    async def open(self) -> None:
        """Register the posyandu."""
        body = {"id": str(self._facility), "kind": "posyandu", "name": "Posyandu Uji", "area_code": VILLAGE}
        await self._send("registry/v1/facilities", body, "dinas", VILLAGE[:5])

    async def weigh(self) -> None:
        """Register a child and weigh it."""
        child = str(new_id())
        born = (self._at - timedelta(days=700)).date().isoformat()
        person = {"id": child, "name": "Contoh Anak", "sex": "female", "birth_date": born, "home_area": VILLAGE}
        await self._send("registry/v1/persons", person, "midwife", VILLAGE)
        screening = {
            "id": str(new_id()),
            "person_id": child,
            "facility_id": str(self._facility),
            "occurred_at": self._at.isoformat(),
            "observations": OBSERVED,
        }
        await self._send("screening/v1/screenings", screening, "kader", VILLAGE)
        self.weighed += 1

    async def _send(self, path: str, body: Mapping[str, object], role: str, area: str) -> None:
        """Send a command, under one key, until it is accepted."""
        key = self.headers(role, area)["Idempotency-Key"]
        answers: list[str] = []

        async def accepted() -> bool:
            headers = {**self.headers(role, area), "Idempotency-Key": key}
            try:
                answer = await self._client.post(f"/{path}", json=body, headers=headers)
            except httpx2.TransportError as error:
                answers.append(repr(error))
                return False
            answers.append(answer.text)
            if answer.status_code in _PASSING:
                return False
            answer.raise_for_status()
            return True

        try:
            await eventually(accepted, within_s=SETTLE_S, every_s=0.2)
        except AssertionError:
            raise AssertionError(answers[-1]) from None

    async def board(self) -> int:
        """Return how many children the village's board counts as weighed; −1 while it does not answer."""
        url = f"/monitoring/v1/situations/{VILLAGE}"
        try:
            answer = await self._client.get(url, params={"period": self.month}, headers=self.headers("dinas", "id"))
        except httpx2.TransportError:
            return -1
        if answer.status_code != 200:
            return -1
        return int(next(row["numerator"] for row in answer.json()["indicators"] if row["code"] == "D_S"))

    async def page(self) -> int:
        """Return the status of the village's page."""
        answer = await self._client.get(f"/monitoring/wilayah/{VILLAGE}", headers=self.headers("dinas", "id"))
        return answer.status_code

    async def watch(self) -> None:
        """Read the live stream, and open it again whenever it ends."""
        url = f"/monitoring/v1/situations/{VILLAGE}/stream"
        while True:
            headers = self.headers("dinas", "id") | {"Accept": "text/event-stream"}
            try:
                async with self._client.stream("GET", url, params={"period": self.month}, headers=headers) as answer:
                    async for line in answer.aiter_lines():
                        if line.startswith("data:"):
                            self._note(json.loads(line[5:]))
            except httpx2.TransportError:
                pass
            await asyncio.sleep(0.5)

    def _note(self, data: Mapping[str, object]) -> None:
        cells = data.get("cells")
        for cell in cells if isinstance(cells, list) else []:
            if cell[0] == VILLAGE and cell[1] == "D_S":
                self.streamed = max(self.streamed, cell[2])


async def main(address: str, ca: str, issuer: str) -> None:
    """Post as many as each line says; end with the input."""
    context = ssl.create_default_context(cafile=ca)
    async with httpx2.AsyncClient(base_url=address, verify=context, timeout=PATIENCE_S) as client:
        posyandu = Posyandu(client, Path(issuer))
        await posyandu.open()
        watching = asyncio.create_task(posyandu.watch())
        while line := (await asyncio.to_thread(sys.stdin.readline)).strip():
            for _ in range(int(line)):
                await posyandu.weigh()

            async def counted() -> bool:
                return await posyandu.board() == posyandu.weighed == posyandu.streamed

            await eventually(counted, within_s=SETTLE_S, every_s=0.5)
            page = await posyandu.page()
            print(json.dumps({"weighed": posyandu.weighed, "streamed": posyandu.streamed, "page": page}), flush=True)
        watching.cancel()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
