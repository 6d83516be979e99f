"""How long a process takes that is told to stop while a thousand screens are open: it drains, nothing kills it."""

import os
import signal
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from ilp_shared.auth.development import issue_token
from tests.hostile.raw import request
from tests.load import city, population
from tests.load.figures import Goal, Line, Spread
from tests.support.platform import Platform
from tests.support.screens import screens_of
from tests.support.waiting import eventually

RUNS = 3
SCREENS, ACCOUNTS = 1_000, 20
_MOST_S = 25.0
_API = "monitoring-api"


async def run(platform: Platform, places: Sequence[population.Posyandu]) -> list[Line]:
    """Stop the API of the live pages a few times; returns the lines of the results."""
    seconds = [await _stop(platform) for _ in range(RUNS)]
    note = f"SIGTERM with {SCREENS} open screens, until the process is gone"
    return [Line("API told to stop", "s", Spread.of(seconds), RUNS, Goal(_MOST_S, at_most=True), note)]


async def _stop(platform: Platform) -> float:
    await platform.ready()
    async with screens_of(platform.address, SCREENS) as screens:
        await screens.open(await _requests(platform))
        pid, began = platform.running(_API), time.perf_counter()
        os.kill(pid, signal.SIGTERM)

        async def gone() -> bool:
            return platform.pid_of(_API) != pid

        await eventually(gone, within_s=120, every_s=0.02)
        return time.perf_counter() - began


async def _requests(platform: Platform) -> list[bytes]:
    """Return the requests of the screens; each account has no more of them than it may."""
    month = f"{datetime.now(UTC) - timedelta(days=1):%Y-%m}"
    situation = f"/monitoring/v1/situations/{city.CODE}"
    answer = await platform.client.get(f"{situation}?period={month}", headers=platform.headers("dinas", city.CODE))
    path = f"{situation}/stream?period={month}&last={answer.json()['sequence']}"
    tokens = [
        issue_token(platform.issuer, role="dinas", areas=[city.CODE], subject=f"screen-{n}") for n in range(ACCOUNTS)
    ]
    return [request("GET", path, {"Authorization": f"Bearer {tokens[n % ACCOUNTS]}"}) for n in range(SCREENS)]
