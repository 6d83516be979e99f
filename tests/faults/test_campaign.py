"""Every fault of the list, once with a fixed seed: afterwards everything is exact.

Most of a run is waiting (for a session to end, a process to start again), so two platforms share the list. The recount
reads the archives of the whole nation, so it comes once for each platform, after all of its faults; `make chaos`
recounts after each. More seeds: `make chaos SEEDS=n`.
"""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests.faults.catalogue import FAULTS
from tests.faults.fault import CannotRun
from tests.faults.side_by_side import SideBySide

SEED = 1
NAMES = [fault.name for fault in FAULTS]
pytestmark = pytest.mark.backends


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def campaign(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[SideBySide]:
    """The chosen faults on their way through two platforms."""
    chosen = {item.name for item in request.session.items}
    names = [name for name in NAMES if f"{test_everything_is_exact_after.__name__}[{name}]" in chosen]
    async with SideBySide(SEED, names, lambda: tmp_path_factory.mktemp("faults")) as campaign:
        yield campaign


@pytest.mark.parametrize("name", NAMES)
async def test_everything_is_exact_after(campaign: SideBySide, name: str) -> None:
    try:
        result = await campaign.verdict(name)
    except CannotRun as why:
        pytest.skip(str(why))
    assert result.findings == [], result.told()


async def test_the_recounts_are_equal_after_all(campaign: SideBySide) -> None:
    assert await campaign.recounts() == []
