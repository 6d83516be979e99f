"""A schema with the tables that every service has, and nothing else."""

from collections.abc import AsyncIterator
from uuid import uuid4

import asyncpg
import httpx2
import pytest_asyncio

from ilp_shared.bus.tables import add_memory
from ilp_shared.write.tables import add_refusals, create_platform_tables
from tests.service.shared.things import running_things
from tests.support.api import Issuer

LOCK_TIMEOUT_MS = 300


@pytest_asyncio.fixture(scope="package", loop_scope="session")
async def schema(postgres_url: str) -> AsyncIterator[str]:
    """Name of a new schema with the platform tables."""
    name = f"shared_{uuid4().hex[:10]}"
    scripts: list[str] = []
    create_platform_tables(scripts.append, sources=["registry"])
    add_memory(scripts.append)
    add_refusals(scripts.append)
    conn = await asyncpg.connect(postgres_url, server_settings={"search_path": name})
    try:
        await conn.execute(f"CREATE SCHEMA {name}; CREATE TABLE alembic_version (version_num text)")
        await conn.execute("INSERT INTO alembic_version VALUES ('of a later release')")
        for script in scripts:
            await conn.execute(script)
        yield name
        await conn.execute(f"DROP SCHEMA {name} CASCADE")
    finally:
        await conn.close()


@pytest_asyncio.fixture(scope="package", loop_scope="session")
async def pool(postgres_url: str, schema: str) -> AsyncIterator[asyncpg.Pool]:
    """Connections to it that do not wait long for a lock."""
    settings = {"search_path": schema, "lock_timeout": str(LOCK_TIMEOUT_MS), "timezone": "UTC"}
    async with asyncpg.create_pool(postgres_url, min_size=1, max_size=8, server_settings=settings) as pool:
        yield pool


@pytest_asyncio.fixture(scope="package", loop_scope="session")
async def things_client(postgres_url: str, schema: str, issuer: Issuer) -> AsyncIterator[httpx2.AsyncClient]:
    """A client of the smallest service there can be."""
    async with running_things(postgres_url, schema, issuer) as client:
        yield client
