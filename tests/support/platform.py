"""One running platform for all tests that need everything, and the demonstration days played on it.

Loaded by tests/conftest.py as a plugin: flow and browser tests share these fixtures and therefore run one after the
other, so that the platform is started once and early enough to be used while it is warm.
"""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import date, datetime

import pytest
import pytest_asyncio

from deploy.dev.demo.network import DISTRICTS
from deploy.dev.simulate import ZONE, last_finished_morning
from tests.flow.stage import Cells, Stage, running_platform

SMALL = 0.2


@dataclass(frozen=True)
class DayDone:
    """A demonstration day that has been played: when, what it printed, what monitoring shows."""

    day: date
    output: str
    cells: Cells


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Puts the browser tests right behind the flow tests."""
    folders = [item.path.parent.name for item in items]
    if "flow" not in folders or "browser" not in folders:
        return
    browser = [item for item, folder in zip(items, folders, strict=True) if folder == "browser"]
    others = [item for item, folder in zip(items, folders, strict=True) if folder != "browser"]
    behind = max(place for place, item in enumerate(others) if item.path.parent.name == "flow") + 1
    items[:] = [*others[:behind], *browser, *others[behind:]]


@pytest_asyncio.fixture(scope="session")
async def stage(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stage]:
    """The platform that flow and browser tests share."""
    async with running_platform(tmp_path_factory.mktemp("platform")) as running:
        yield running


async def _play(stage: Stage, day: date, scale: float) -> DayDone:
    output = await stage.play_day(DATE=day, SCALE=scale)
    await stage.settled()
    return DayDone(day, output, await stage.cells(*(district.code for district in DISTRICTS)))


@pytest_asyncio.fixture(scope="session")
async def small_day(stage: Stage) -> DayDone:
    """A demonstration day with a fifth of the villages, undisturbed."""
    return await _play(stage, last_finished_morning(datetime.now(ZONE)), SMALL)


@pytest_asyncio.fixture(scope="session")
async def whole_day(stage: Stage, small_day: DayDone) -> DayDone:
    """The demonstration day of all villages, which finishes what the small one began."""
    return await _play(stage, small_day.day, 1)
