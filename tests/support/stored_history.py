"""A platform with a short history of one regency: loaded once per run, kept stopped, and started from copies of it.

The load is killed once on its way and finished by a second one, so that every test of the numbers tests those of a load
that was cut short. A pytest plugin.
"""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pytest
import pytest_asyncio

from deploy.dev.demo.history import months_before
from deploy.dev.demo.network import DISTRICTS
from deploy.dev.demo.progress import Progress
from tests.support.platform import Platform
from tests.support.run import folder_of_run
from tests.support.shared_platform import SMALL, DayOfRun
from tests.support.stored_platform import running_copy
from tests.support.waiting import eventually

CITY = DISTRICTS[0]
MONTHS = 2
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


async def _make(stored_platform: Path, folder: Path, day: date) -> None:
    """Make it from the plain platform: the day, and the history, killed between two of its months and loaded again."""
    log = folder / "logs" / "history.log"
    async with running_copy(stored_platform, folder) as platform:
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
    request: pytest.FixtureRequest,
    stored_platform: Path,
    day_of_run: DayOfRun,
    tmp_path_factory: pytest.TempPathFactory,
) -> AsyncIterator[HistoryDone]:
    """Provide a platform that begins as a copy of the stored one; the first process to need it makes that."""
    stored, folder = folder_of_run(request.config) / "stored-history", tmp_path_factory.mktemp("with-history")
    async with running_copy(stored, folder, lambda empty: _make(stored_platform, empty, day_of_run.day)) as platform:
        log = folder / "logs" / "history.log"
        yield HistoryDone(platform, day_of_run.day, months_before(day_of_run.day, MONTHS), log.read_text())
