"""One child of one village, through the front door: screening → cell → live event, and every way it can change."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

import httpx2
import pytest
import pytest_asyncio

from ilp_shared.areas import lineage
from ilp_shared.ids import new_id
from tests.support.platform import Platform
from tests.support.waiting import eventually, patiently

VILLAGE = "34.71.02.1003"
"""Outside the five districts of the demonstration day, whose cells another test compares."""
OBSERVED = {"weight_kg": 10.4, "length_height_cm": 84.8, "height_posture": "lying"}
pytestmark = pytest.mark.backends


@dataclass
class Village:
    """A posyandu with one child, and what the boards say of them."""

    platform: Platform
    facility: UUID
    child: UUID

    def body(self, at: datetime, **observations: object) -> dict[str, object]:
        """Return a screening of the child."""
        return {
            "id": str(new_id()),
            "person_id": str(self.child),
            "facility_id": str(self.facility),
            "occurred_at": at.isoformat(),
            "observations": {**OBSERVED, **observations},
        }

    async def send(self, path: str, body: dict[str, object], key: str | None = None) -> httpx2.Response:
        """Send a command as the village's kader; what has not arrived there yet is tried again."""
        headers = self.platform.headers("kader", VILLAGE, key=key)
        answers: list[httpx2.Response] = []

        async def settled() -> bool:
            answers.append(await self.platform.client.post(path, json=body, headers=headers))
            return answers[-1].status_code != 404 or not answers[-1].json()["retryable"]

        await eventually(settled)
        return answers[-1]

    async def numbers(self, indicator: str, period: str, area: str = VILLAGE) -> tuple[int, int]:
        """Numerator and number of measured or registered in one cell of the snapshot."""
        answer = await self.platform.client.get(
            f"/monitoring/v1/situations/{area}", params={"period": period}, headers=self.platform.headers("dinas")
        )
        assert answer.status_code == 200, answer.text
        (row,) = [row for row in answer.json()["indicators"] if row["code"] == indicator]
        return row["numerator"], row["denominator"] or 0

    async def shows(self, indicator: str, period: str, numerator: int) -> None:
        """Wait until the village's cell has this numerator."""

        async def as_said() -> bool:
            return (await self.numbers(indicator, period))[0] == numerator

        await eventually(as_said)

    @asynccontextmanager
    async def watching(self, period: str) -> AsyncIterator["Watch"]:
        """Yield the live stream of the village."""
        watch = Watch()
        reading = asyncio.create_task(watch.read(self.platform, period))
        try:
            opened = asyncio.create_task(watch.opened.wait())
            await patiently(asyncio.wait((opened, reading), return_when=asyncio.FIRST_COMPLETED))
            assert not reading.done(), reading.exception()
            yield watch
        finally:
            reading.cancel()
            await asyncio.gather(reading, return_exceptions=True)


class Watch:
    """What arrived on the stream of the village, in order."""

    def __init__(self) -> None:
        self.opened = asyncio.Event()
        self.cells: list[tuple[str, int]] = []
        """Indicator and numerator of each change."""

    async def read(self, platform: Platform, period: str) -> None:
        """Note every changed cell of the village until it is cancelled."""
        url = f"/monitoring/v1/situations/{VILLAGE}/stream"
        headers = platform.headers("dinas") | {"Accept": "text/event-stream"}
        async with platform.client.stream("GET", url, params={"period": period}, headers=headers) as answer:
            assert answer.status_code == 200
            self.opened.set()
            event = ""
            async for line in answer.aiter_lines():
                if line.startswith("event:"):
                    event = line[6:].strip()
                elif line.startswith("data:") and event == "indicator":
                    for cell in json.loads(line[5:])["cells"]:
                        if cell[0] == VILLAGE:
                            self.cells.append((cell[1], cell[2]))

    async def until(self, indicator: str, numerator: int, since: int = 0) -> None:
        """Wait until the indicator was shown with this numerator, after the first `since` changes."""

        async def shown() -> bool:
            return (indicator, numerator) in self.cells[since:]

        await eventually(shown, every_s=0.01)


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def village(platform: Platform) -> Village:
    """Provide a posyandu and a child of two years, registered through the front door."""
    facility, child = new_id(), new_id()
    posyandu = {"id": str(facility), "kind": "posyandu", "name": "Posyandu Uji", "area_code": VILLAGE}
    answer = await platform.client.post(
        "/registry/v1/facilities", json=posyandu, headers=platform.headers("dinas", "34.71")
    )
    assert answer.status_code == 201, answer.text
    person = {
        "id": str(child),
        "name": "Contoh Anak",
        "sex": "female",
        "birth_date": (datetime.now(UTC) - timedelta(days=700)).date().isoformat(),
        "home_area": VILLAGE,
    }
    answer = await platform.client.post(
        "/registry/v1/persons", json=person, headers=platform.headers("midwife", VILLAGE)
    )
    assert answer.status_code == 201, answer.text
    return Village(platform, facility, child)


def month(at: datetime) -> str:
    """Return the month at the facility (WIB)."""
    return f"{at + timedelta(hours=7):%Y-%m}"


async def test_a_screening_is_seen_live_and_changes_with_it(village: Village) -> None:
    """Follow each change on the open stream. `make bench` measures how soon it arrives (tests/load/latency.py)."""
    at = datetime.now(UTC) - timedelta(minutes=1)
    period = month(at)
    async with village.watching(period) as watch:
        body, key = village.body(at), str(new_id())
        answer = await village.send("/screening/v1/screenings", body, key)
        assert answer.status_code == 201, answer.text
        await watch.until("D_S", 1)
        assert (await village.numbers("STUNTING", period))[0] == 0

        again = await village.send("/screening/v1/screenings", body, key)
        assert again.headers["Idempotent-Replayed"] == "true"
        assert again.json() == answer.json()

        screening = f"/screening/v1/screenings/{body['id']}"
        short = {"base_version": 1, "observations": {**OBSERVED, "length_height_cm": 74.0}, "reason": "wrong_value"}
        assert (await village.send(f"{screening}/corrections", short)).is_success
        await watch.until("STUNTING", 1)
        assert (await village.send(f"{screening}/corrections", short)).status_code == 409

        before = len(watch.cells)
        assert (await village.send(f"{screening}/void", {"base_version": 2, "reason": "wrong_person"})).is_success
        await watch.until("D_S", 0, since=before)
        await village.shows("STUNTING", period, 0)


async def test_a_late_screening_counts_in_its_own_month(village: Village) -> None:
    now = datetime.now(UTC)
    late = now.replace(day=1) - timedelta(days=9)
    before = await village.numbers("D_S", month(now))
    answer = await village.send("/screening/v1/screenings", village.body(late))
    assert answer.status_code == 201, answer.text
    await village.shows("D_S", month(late), 1)
    assert await village.numbers("D_S", month(now)) == before


async def test_a_child_weighed_twice_in_a_month_is_one_child(village: Village) -> None:
    at = datetime.now(UTC) - timedelta(minutes=1)
    items = [{"idempotency_key": str(new_id()), **village.body(at, weight_kg=w)} for w in (10.2, 10.3)]
    answer = await village.send("/screening/v1/screenings:batch", {"items": items})
    assert [result["status"] for result in answer.json()["results"]] == ["accepted", "accepted"]
    await village.shows("D_S", month(at), 1)
    await village.platform.settled()
    assert (await village.numbers("D_S", month(at)))[0] == 1


async def test_every_level_shows_the_sum_of_its_parts_and_the_recount_agrees(village: Village) -> None:
    await village.platform.settled()
    rows = await village.platform.rows("monitoring", "SELECT area_code, indicator, period, numerator FROM cell")
    cells = {(r["area_code"], r["indicator"], r["period"]): r["numerator"] for r in rows}
    period = month(datetime.now(UTC))
    for area in lineage(VILLAGE)[:-1]:
        depth = 0 if area == "id" else area.count(".") + 1
        below = [
            n
            for (code, indicator, when), n in cells.items()
            if (indicator, when) == ("D_S", period)
            and code != "id"
            and code.count(".") == depth
            and (area == "id" or code.startswith(area + "."))
        ]
        assert cells[area, "D_S", period] == sum(below) > 0
    code, report = await village.platform.recount()
    assert code == 0, report
