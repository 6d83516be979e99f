"""One stage per test module."""

from collections.abc import AsyncIterator

import pytest_asyncio

from tests.service.screening.stage import Stage, open_stage
from tests.support.apps import Issuer
from tests.support.databases import Databases


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def stage(databases: Databases, issuer: Issuer) -> AsyncIterator[Stage]:
    """Open a running screening API with copies of two villages and one in the east."""
    async with open_stage(databases, issuer) as opened:
        yield opened
