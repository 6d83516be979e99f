"""A throw-away source and sink on real PostgreSQL and Kafka."""

from collections.abc import AsyncIterator

import pytest_asyncio

from tests.bus.stage import Stage, open_stage


@pytest_asyncio.fixture(loop_scope="session")
async def stage(postgres_url: str, kafka_bootstrap: str) -> AsyncIterator[Stage]:
    """A fresh source and sink; the topics are made anew, because sequences start again at 1."""
    async with open_stage(postgres_url, kafka_bootstrap) as opened:
        yield opened
