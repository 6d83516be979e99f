"""The runbooks whose incident any running platform survives, executed on the one that flow tests share.

The others: `tests/runbooks`.
"""

import pytest
import pytest_asyncio

from tests.runbooks.catalogue import UNBROKEN
from tests.runbooks.stage import Stage, names
from tests.support.platform import Platform

pytestmark = pytest.mark.backends


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def stage(platform: Platform) -> Stage:
    """Provide the shared platform for incidents."""
    return Stage(platform, UNBROKEN)


@pytest.mark.parametrize("name", names(UNBROKEN))
async def test_the_page_leads_from_the_symptom_to_the_proof(stage: Stage, name: str) -> None:
    await stage.execute(name)
