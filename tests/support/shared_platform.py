"""The one running platform that flow and browser tests share, and the demonstration days played on it.

A pytest plugin. These tests run one after the other, in one process of the run, so that the platform is started once
and is used while it is warm.
"""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import date, datetime

import pytest
import pytest_asyncio

from deploy.dev.demo.network import DISTRICTS
from deploy.dev.simulate import ZONE, last_finished_morning
from tests.support.platform import Cells, Platform, running_platform

SMALL = 0.2
GROUP = "platform"


@dataclass(frozen=True)
class DayDone:
    """A demonstration day that has been played: when, what it printed, what monitoring shows."""

    day: date
    output: str
    cells: Cells


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the browser tests right behind the flow tests, and all that use the platform into one process.

    With `--dist loadgroup` the other tests of these folders are distributed by module.
    """
    for item in items:
        if item.path.parent.name in ("flow", "browser", "faults"):
            shared = "platform" in getattr(item, "fixturenames", ())
            item.add_marker(pytest.mark.xdist_group(GROUP if shared else item.path.stem))
    last = max((at for at, item in enumerate(items) if item.path.parent.name == "flow"), default=None)
    if last is not None:
        browser = [item for item in items if item.path.parent.name == "browser"]
        before = [item for item in items[: last + 1] if item not in browser]
        after = [item for item in items[last + 1 :] if item not in browser]
        items[:] = [*before, *browser, *after]


@pytest_asyncio.fixture(scope="session")
async def platform(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Platform]:
    """Provide the platform that flow and browser tests share."""
    async with running_platform(tmp_path_factory.mktemp("platform")) as running:
        yield running


async def _play(platform: Platform, day: date, scale: float) -> DayDone:
    output = await platform.play_day(DATE=day, SCALE=scale)
    await platform.settled()
    return DayDone(day, output, await platform.cells(*(district.code for district in DISTRICTS)))


@pytest_asyncio.fixture(scope="session")
async def small_day(platform: Platform) -> DayDone:
    """Provide a demonstration day with a fifth of the villages, undisturbed."""
    return await _play(platform, last_finished_morning(datetime.now(ZONE)), SMALL)


@pytest_asyncio.fixture(scope="session")
async def whole_day(platform: Platform, small_day: DayDone) -> DayDone:
    """Provide the demonstration day of all villages, which finishes what the small one began."""
    return await _play(platform, small_day.day, 1)
