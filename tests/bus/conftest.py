"""A throw-away source and sink on real PostgreSQL and Kafka."""

from collections.abc import AsyncIterator

import pytest_asyncio

from ilp_shared.bus.cluster import Cluster
from tests.support.addresses import Address
from tests.support.bus_pair import BusPair, open_bus_pair


@pytest_asyncio.fixture(loop_scope="session")
async def pair(postgres_url: Address, cluster: Cluster) -> AsyncIterator[BusPair]:
    """Provide a fresh source and sink; the topic is created again, because sequences start again at 1."""
    async with open_bus_pair(postgres_url, cluster) as opened:
        yield opened
