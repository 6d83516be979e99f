"""A platform with a short history of one regency: loaded once per run, stored as a folder, started from copies of it.

The load is killed once on its way and finished by a second one, so that every test of the numbers tests those of a load
that was cut short. A pytest plugin.
"""

import asyncio
import fcntl
import json
import os
import subprocess
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pytest
import pytest_asyncio

from deploy.dev.demo.history import months_before
from deploy.dev.demo.network import DISTRICTS
from deploy.dev.demo.progress import Progress
from tests.support.platform import Platform, running_platform
from tests.support.run import folder_of_run
from tests.support.shared_platform import SMALL, DayOfRun
from tests.support.waiting import eventually

CITY = DISTRICTS[0]
MONTHS = 3
SETTINGS = {"SCALE": SMALL, "DISTRICTS": CITY.code, "HISTORY": MONTHS}


@dataclass(frozen=True)
class HistoryDone:
    """A platform with its history: the day after it, its months, the newest first, and what the loads printed."""

    platform: Platform
    day: date
    months: list[date]
    output: str


async def load(platform: Platform, log: Path, day: date) -> asyncio.subprocess.Process:
    """Start the load of the history."""
    return await platform.start_demo("deploy.dev.history", log, DATE=day, **SETTINGS)


async def _make(folder: Path, day: date) -> None:
    """Make the template: the day, and the history, killed between two of its months and loaded again."""
    log = folder / "logs" / "history.log"
    async with running_platform(folder) as platform:
        await platform.play_day(DATE=day, SCALE=SMALL, DISTRICTS=CITY.code)
        cut = await load(platform, log, day)

        async def under_way() -> bool:
            assert cut.returncode is None, log.read_text()
            progress = Progress.read(folder)
            return progress is not None and progress.months_done > 0

        await eventually(under_way, within_s=240, every_s=0.02)
        stored = await platform.count("screening", "screening")

        async def amid_a_month() -> bool:
            return await platform.count("screening", "screening") > stored

        await eventually(amid_a_month, within_s=120, every_s=0.02)
        cut.kill()
        await cut.wait()
        progress = Progress.read(folder)
        assert progress is not None
        assert progress.state == "loading", "it was over before it was killed"
        again = await load(platform, log, day)
        assert await again.wait() == 0, log.read_text()
        await platform.settled(within_s=120)


@pytest_asyncio.fixture(scope="session")
async def with_history(
    request: pytest.FixtureRequest, day_of_run: DayOfRun, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[HistoryDone]:
    """Provide a platform that was started from a copy of the stored template; the first process to need it makes it."""
    template = folder_of_run(request.config) / "history"
    lock = os.open(template.with_suffix(".lock"), os.O_RDWR | os.O_CREAT)
    await asyncio.to_thread(fcntl.flock, lock, fcntl.LOCK_EX)
    try:
        made = template.with_suffix(".json")
        if not made.exists():
            template.mkdir()
            await _make(template, day_of_run.day)
            made.write_text(json.dumps({"day": day_of_run.day.isoformat()}))
    finally:
        os.close(lock)
    copy = tmp_path_factory.mktemp("with-history") / "data"
    subprocess.run(["cp", "-a", str(template), str(copy)], check=True)
    async with running_platform(copy) as platform:
        log = copy / "logs" / "history.log"
        yield HistoryDone(platform, day_of_run.day, months_before(day_of_run.day, MONTHS), log.read_text())
