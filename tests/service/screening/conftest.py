"""One api per test module."""

from collections.abc import AsyncIterator

import pytest_asyncio

from tests.service.screening.screening_api import ScreeningApi, open_screening_api
from tests.support.api import Issuer
from tests.support.databases import Databases


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def api(databases: Databases, issuer: Issuer) -> AsyncIterator[ScreeningApi]:
    """Open a running screening API with copies of two villages and one in the east."""
    async with open_screening_api(databases, issuer) as opened:
        yield opened
