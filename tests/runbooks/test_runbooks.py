"""The runbooks, executed: each alert's condition is caused, and its page leads from the symptom to the proof.

One platform with proxies and three brokers for all incidents, one after the other. Those that any platform survives are
executed by `tests/flow/test_runbooks.py`. Which pages are not executed, and why: `tests/README.md`.
"""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from ilp_shared.waits import Waits
from tests.faults.platform import running_breakable_platform
from tests.runbooks.catalogue import BREAKING
from tests.runbooks.stage import Stage, names

pytestmark = pytest.mark.backends


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def stage(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stage]:
    """Provide a platform that can be broken, with the waits of production."""
    folder = tmp_path_factory.mktemp("runbooks")
    async with running_breakable_platform(folder, Waits()) as platform, platform.leaving:
        yield Stage(platform, BREAKING)


@pytest.mark.parametrize("name", names(BREAKING))
async def test_the_page_leads_from_the_symptom_to_the_proof(stage: Stage, name: str) -> None:
    await stage.execute(name)
