"""Starts the PostgreSQL and the Kafka of a test run, in the process that holds them (`server_process.py`)."""

import os
from contextlib import AsyncExitStack
from pathlib import Path

import asyncpg

from deploy.dev.config import cache_folder
from deploy.dev.kafka import EmbeddedKafka, ExternalKafka
from deploy.dev.postgres import choose_postgres
from tests.support.addresses import Address, connected
from tests.support.docker import docker_answers, kafka_container, postgres_container
from tests.support.servers import Server

THROWN_AWAY = {"fsync": "off"}
"""This server ends with the run: it need not outlive a power cut. The platforms that tests break keep their fsync."""
SHORTEST_SESSION_S = 0.5
"""The shortest session that the embedded broker allows: tests with shortened waits then wait less for its end."""
_KAFKAS_OWN_S = 6.0
"""The shortest session that a broker allows by default."""


async def postgres(stack: AsyncExitStack, data: Path) -> Server:
    """Start a PostgreSQL; the address is the superuser's."""
    given = os.environ.get("ILP_DATABASE_URL")
    if given is None and docker_answers():
        url = stack.enter_context(postgres_container())
        return Server(Address(url), f"{await _version(url)} (testcontainers)", thrown_away=True)
    server = choose_postgres(data, given, THROWN_AWAY)
    stack.push_async_callback(server.stop)
    await server.start()
    origin = f"{await _version(server.dsn)} ({server.origin})"
    return Server(Address(server.dsn), origin, thrown_away=not server.external)


async def kafka(stack: AsyncExitStack, data: Path) -> Server:
    """Start a Kafka without topics."""
    given = os.environ.get("ILP_KAFKA_BOOTSTRAP")
    if given is None and docker_answers():
        bootstrap = stack.enter_context(kafka_container(SHORTEST_SESSION_S))
        return Server(Address(bootstrap), "testcontainers", True, SHORTEST_SESSION_S)
    broker = ExternalKafka(given) if given else EmbeddedKafka(data, cache_folder(os.environ))
    stack.push_async_callback(broker.stop)
    await broker.start()
    shortest_s = _KAFKAS_OWN_S if broker.external else SHORTEST_SESSION_S
    return Server(Address(broker.bootstrap), broker.origin, not broker.external, shortest_s)


async def _version(url: str) -> str:
    conn: asyncpg.Connection[asyncpg.Record] = await connected(url)
    try:
        return str(await conn.fetchval("SHOW server_version"))
    finally:
        await conn.close()
