"""Every fault of the list, once with a fixed seed, on one platform: afterwards everything is exact.

The recount reads the archives of the whole nation, so it comes once, after all of them; `make chaos` recounts after
each. More seeds: `make chaos SEEDS=n`.
"""

from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest
import pytest_asyncio

from tests.faults.campaign import Which, named, recounted, run
from tests.faults.catalogue import FAULTS
from tests.faults.fault import CannotRun
from tests.faults.stage import FaultStage, running_fault_stage

SEED = 1
pytestmark = pytest.mark.backends


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def fault_stage(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[FaultStage]:
    """The platform that all faults hurt."""
    async with running_fault_stage(tmp_path_factory.mktemp("faults")) as stage:
        yield stage


@pytest.mark.parametrize("name", [fault.name for fault in FAULTS])
async def test_everything_is_exact_after(fault_stage: FaultStage, name: str) -> None:
    try:
        result = await run(fault_stage, Which(SEED, named(name), datetime.now(UTC)), recount=False)
    except CannotRun as why:
        pytest.skip(str(why))
    assert result.findings == [], result.told()


async def test_the_recount_is_equal_after_all(fault_stage: FaultStage) -> None:
    assert await recounted(fault_stage) == []
