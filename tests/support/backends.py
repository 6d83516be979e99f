"""Which PostgreSQL and Kafka a test run uses, and what it says about them.

Order for both: address in the environment → a Docker engine through testcontainers → the embedded servers of
`deploy/dev`. The run prints the choice with versions; nothing is skipped silently.
"""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import asyncpg

from tests.support.docker import docker_answers, kafka_container, postgres_container


@asynccontextmanager
async def postgres_server(folder: Path) -> AsyncIterator[str]:
    """Yield the superuser URL of a PostgreSQL for the whole run."""
    url = os.environ.get("ILP_DATABASE_URL")
    if url:
        yield url
    elif docker_answers():
        with postgres_container() as container_url:
            yield container_url
    else:
        from deploy.dev.postgres import start_postgres

        server = await start_postgres(folder)
        try:
            yield server.admin_url
        finally:
            await server.stop()


@asynccontextmanager
async def kafka_broker(folder: Path) -> AsyncIterator[str]:
    """Yield the bootstrap address of a real Kafka for the whole run."""
    bootstrap = os.environ.get("ILP_KAFKA_BOOTSTRAP")
    if bootstrap:
        yield bootstrap
    elif docker_answers():
        with kafka_container() as address:
            yield address
    else:
        from deploy.dev.kafka import start_kafka

        broker = await start_kafka(folder)
        try:
            yield broker.bootstrap
        finally:
            await broker.stop()


async def postgres_version(url: str) -> str:
    """Return the server's version, for the run's header."""
    conn = await asyncpg.connect(url)
    try:
        return str(await conn.fetchval("SHOW server_version"))
    finally:
        await conn.close()
