"""One running cluster-services per test file; tests use persons and facilities of their own."""

from collections.abc import AsyncIterator

import pytest_asyncio

from tests.service.cluster.builders import Running, running
from tests.support.api import Issuer
from tests.support.databases import Databases


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def cluster(databases: Databases, issuer: Issuer) -> AsyncIterator[Running]:
    """Yield the running service."""
    async with running(databases, issuer) as service:
        yield service
