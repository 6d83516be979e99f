"""Live screens for tests: monitoring behind a real server, and a client that folds what the stream sends."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx2
import uvicorn

from tests.service.monitoring.conftest import Monitoring
from tests.service.monitoring.events import MONTH, NEIGHBOUR, VILLAGE
from tests.support.plain_http import plain_client
from tests.support.waiting import PATIENCE_S, patience

CITY = "13.76"


@dataclass
class Screen:
    """What a browser does: folds patches over what it has."""

    lines: AsyncIterator[str]
    events: list[tuple[str, str | None, Any]] = field(default_factory=list)
    cells: dict[tuple[str, str], list[Any]] = field(default_factory=dict)
    complete: dict[str, list[int]] = field(default_factory=dict)
    arrivals: list[Any] = field(default_factory=list)

    async def next(self) -> tuple[str, str | None, Any]:
        """Return the next event as (name, id, data); raises StopAsyncIteration at the end of the stream."""
        fields: dict[str, str] = {}
        while True:
            line = await anext(self.lines)
            if line:
                name, _, value = line.partition(": ")
                fields[name] = value
            elif "event" in fields:
                break
        event = fields["event"], fields.get("id"), json.loads(fields["data"])
        self.events.append(event)
        if event[0] == "indicator":
            self.cells.update({(row[0], row[1]): row for row in event[2]["cells"]})
            self.arrivals = self.arrivals if event[2]["arrivals"] is None else event[2]["arrivals"]
            self.complete.update({row[0]: row[1:] for row in event[2]["completeness"]})
        return event

    async def until(self, sequence: int) -> None:
        """Read on until a patch reaches a sequence."""
        while not any(name == "indicator" and data["sequence"] >= sequence for name, _, data in self.events):
            await self.next()


@dataclass
class Live:
    """Monitoring behind a real server."""

    monitoring: Monitoring
    address: str

    async def opens(self) -> bool:
        """Tell whether the stream of the city can be opened now."""
        async with self._asked() as answer:
            return answer.status_code == 200

    @asynccontextmanager
    async def screen(
        self, *, lifetime_s: int = 600, last_event_id: str | None = None, area: str = CITY, **params: str
    ) -> AsyncIterator[Screen]:
        """Open the stream of an area."""
        async with patience(), self._asked(lifetime_s, last_event_id, area, **params) as answer:
            assert answer.status_code == 200
            assert answer.headers["content-type"].startswith("text/event-stream")
            assert answer.headers["cache-control"] == "no-cache"
            assert answer.headers["x-accel-buffering"] == "no"
            yield Screen(answer.aiter_lines())

    @asynccontextmanager
    async def _asked(
        self, lifetime_s: int = 600, last_event_id: str | None = None, area: str = CITY, **params: str
    ) -> AsyncIterator[httpx2.Response]:
        account = CITY if area.startswith(CITY) else area
        token = self.monitoring.issuer.token("dinas", account, lifetime_s=lifetime_s)
        headers = {"Authorization": f"Bearer {token}"} | ({"Last-Event-ID": last_event_id} if last_event_id else {})
        url = f"{self.address}/v1/situations/{area}/stream"
        async with (
            plain_client(timeout=PATIENCE_S) as client,
            client.stream("GET", url, params={"period": MONTH, **params}, headers=headers) as answer,
        ):
            yield answer


@asynccontextmanager
async def served(monitoring: Monitoring) -> AsyncIterator[Live]:
    """Serve a city of two villages with one posyandu."""
    world = monitoring.world
    await monitoring.feed.apply(
        world.tree(CITY, VILLAGE, NEIGHBOUR), world.posyandu("mawar"), world.open_day("open", "mawar")
    )
    server = uvicorn.Server(uvicorn.Config(monitoring.app, port=0, lifespan="off", log_config=None))
    serving = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    try:
        yield Live(monitoring, f"http://127.0.0.1:{port}")
    finally:
        server.should_exit = True
        await serving
