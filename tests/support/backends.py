"""Which PostgreSQL and Kafka a test run uses, and what it says about them.

Order for both: address in the environment → a Docker engine through testcontainers → the embedded servers of
`deploy/dev`. The run prints the choice with versions; nothing is skipped silently.
"""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import asyncpg

from deploy.dev.config import cache_folder
from deploy.dev.kafka import choose_kafka
from deploy.dev.kafka_topics import ensure_topics
from deploy.dev.postgres import choose_postgres
from tests.support.docker import docker_answers, kafka_container, postgres_container

THROWN_AWAY = {"fsync": "off"}
"""This server ends with the run: it need not outlive a power cut. The platforms that tests hurt keep their fsync."""


@asynccontextmanager
async def postgres_server(folder: Path) -> AsyncIterator[tuple[str, str]]:
    """Yield the superuser URL of a PostgreSQL for the whole run, and where it comes from."""
    given = os.environ.get("ILP_DATABASE_URL")
    if given is None and docker_answers():
        with postgres_container() as url:
            yield url, f"{await _version(url)} (testcontainers)"
        return
    server = choose_postgres(folder, given, THROWN_AWAY)
    await server.start()
    try:
        yield server.dsn, f"{await _version(server.dsn)} ({server.origin})"
    finally:
        await server.stop()


@asynccontextmanager
async def kafka_broker(folder: Path) -> AsyncIterator[tuple[str, str]]:
    """Yield the bootstrap address of a real Kafka with the platform's topics, and where it comes from."""
    given = os.environ.get("ILP_KAFKA_BOOTSTRAP")
    if given is None and docker_answers():
        with kafka_container() as bootstrap:
            await ensure_topics(bootstrap)
            yield bootstrap, "testcontainers"
        return
    broker = choose_kafka(folder, given, cache_folder(os.environ))
    await broker.start()
    try:
        await ensure_topics(broker.bootstrap)
        yield broker.bootstrap, broker.origin
    finally:
        await broker.stop()


async def _version(url: str) -> str:
    conn = await asyncpg.connect(url)
    try:
        return str(await conn.fetchval("SHOW server_version"))
    finally:
        await conn.close()
