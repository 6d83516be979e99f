"""The running platform that flow and browser tests share, and the demonstration days played on it.

A pytest plugin. Each process of a run has at most one: `distribution.py` says which tests share it.
"""

import asyncio
import fcntl
import json
import os
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Self

import pytest
import pytest_asyncio

from deploy.dev.demo.network import DISTRICTS
from deploy.dev.simulate import ZONE, last_finished_morning
from tests.support.platform import Cells, Platform
from tests.support.run import folder_of_run
from tests.support.stored_platform import running_copy

SMALL, LARGE, WHOLE = 0.2, 0.5, 1.0
"""Which part of the villages takes part in a demonstration day."""


@dataclass(frozen=True)
class DayDone:
    """A demonstration day that has been played: when, what it printed, what monitoring shows."""

    day: date
    output: str
    cells: Cells

    @property
    def month(self) -> str:
        """Its month: in the first hours of a month it lies in the one before."""
        return f"{self.day:%Y-%m}"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the browser tests right behind the flow tests, while the platform is warm."""
    last = max((at for at, item in enumerate(items) if item.path.parent.name == "flow"), default=None)
    if last is not None:
        browser = [item for item in items if item.path.parent.name == "browser"]
        before = [item for item in items[: last + 1] if item not in browser]
        after = [item for item in items[last + 1 :] if item not in browser]
        items[:] = [*before, *browser, *after]


class DayOfRun:
    """The undisturbed small day of this run, noted in a file: a process that needs its numbers need not play it again.

    Only one process at a time is in the context; the others wait for the day that it plays.
    """

    def __init__(self, folder: Path) -> None:
        self.day = _day_of(folder / "day")
        self._file = folder / "small-day.json"
        self._lock = os.open(folder / "small-day.lock", os.O_RDWR | os.O_CREAT)
        self.done: DayDone | None = None

    async def __aenter__(self) -> Self:
        """Wait for the turn, and read what was noted."""
        await asyncio.to_thread(fcntl.flock, self._lock, fcntl.LOCK_EX)
        if self._file.exists():
            cells: Cells = {(i, p, a): (n, d) for i, p, a, n, d in json.loads(self._file.read_text())}
            self.done = DayDone(self.day, "", cells)
        return self

    async def __aexit__(self, *_: object) -> None:
        """Note the day, and let the next process in."""
        if self.done is not None:
            self._file.write_text(json.dumps([[*key, *numbers] for key, numbers in self.done.cells.items()]))
        fcntl.flock(self._lock, fcntl.LOCK_UN)


def _day_of(file: Path) -> date:
    """Return the day that the first process of the run has noted: a morning may end while tests run."""
    draft = file.with_name(f"day-{os.getpid()}")
    draft.write_text(last_finished_morning(datetime.now(ZONE)).isoformat())
    with suppress(FileExistsError):
        file.hardlink_to(draft)
    return date.fromisoformat(file.read_text())


@pytest.fixture(scope="session")
def day_of_run(request: pytest.FixtureRequest) -> DayOfRun:
    """Provide the undisturbed small day, whichever process plays it."""
    return DayOfRun(folder_of_run(request.config))


@pytest.fixture(scope="session")
def stored_platform(request: pytest.FixtureRequest) -> Path:
    """Provide the folder of the run's stopped platform, for `running_copy`."""
    return folder_of_run(request.config) / "stored-platform"


@pytest_asyncio.fixture(scope="session")
async def platform(stored_platform: Path, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Platform]:
    """Provide the platform that flow and browser tests share."""
    async with running_copy(stored_platform, tmp_path_factory.mktemp("platform")) as running:
        yield running


async def play(platform: Platform, day: date, scale: float) -> DayDone:
    """Play a demonstration day to its end; returns what came of it."""
    output = await platform.play_day(DATE=day, SCALE=scale)
    await platform.settled()
    return DayDone(day, output, await platform.cells(*(district.code for district in DISTRICTS)))


@pytest_asyncio.fixture(scope="session")
async def small_day(platform: Platform, day_of_run: DayOfRun) -> DayDone:
    """Provide a demonstration day with a fifth of the villages, undisturbed."""
    async with day_of_run as record:
        record.done = await play(platform, record.day, SMALL)
        return record.done


@pytest_asyncio.fixture(scope="session")
async def large_day(platform: Platform, small_day: DayDone, thorough: bool) -> DayDone:
    """Provide the demonstration day of half of the villages, in a thorough run of all; it finishes the small one."""
    return await play(platform, small_day.day, WHOLE if thorough else LARGE)
