"""The one running platform that flow and browser tests share, and the demonstration days played on it.

A pytest plugin. These tests run one after the other, in one process of the run, so that the platform is started once
and is used while it is warm.
"""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import date, datetime

import pytest
import pytest_asyncio
from xdist.scheduler import LoadScopeScheduling

from deploy.dev.demo.network import DISTRICTS
from deploy.dev.simulate import ZONE, last_finished_morning
from tests.support.platform import Cells, Platform, running_platform

SMALL = 0.2
GROUP = "platform"
_ALONE = "tests/flow/test_make_run.py"
"""The module of these folders that starts a platform of its own."""


@dataclass(frozen=True)
class DayDone:
    """A demonstration day that has been played: when, what it printed, what monitoring shows."""

    day: date
    output: str
    cells: Cells


class SharedPlatform(LoadScopeScheduling):  # type: ignore[misc]  # xdist is not typed
    """Gives a process all modules that share the platform, and every other module by itself.

    xdist's own groups need node ids that carry a group's name; pytest does not take these over any more.
    """

    def _split_scope(self, nodeid: str) -> str:
        module = nodeid.partition("::")[0]
        shared = module.startswith(("tests/flow/", "tests/browser/")) and module != _ALONE
        return GROUP if shared else module


def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> LoadScopeScheduling | None:
    """Distribute by what tests share where the run asks for groups."""
    return SharedPlatform(config, log) if config.getvalue("dist") == "loadgroup" else None


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the browser tests right behind the flow tests."""
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
