"""PostgreSQL and Kafka through testcontainers, where a Docker engine answers."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path


@cache
def docker_answers() -> bool:
    """Tell whether a Docker engine can be reached (asked once per run)."""
    if "DOCKER_HOST" not in os.environ and not Path("/var/run/docker.sock").exists():
        return False
    import docker

    try:
        client = docker.from_env(timeout=3)
        try:
            return bool(client.ping())
        finally:
            client.close()
    except docker.errors.DockerException:
        return False


@contextmanager
def postgres_container() -> Iterator[str]:
    """Yield the superuser URL of a PostgreSQL 18 container."""
    from testcontainers.postgres import PostgresContainer

    with PostgresContainer("postgres:18-alpine", username="postgres", password="postgres", driver=None) as server:
        yield server.get_connection_url()


@contextmanager
def kafka_container(shortest_session_s: float) -> Iterator[str]:
    """Yield the bootstrap address of a Kafka container (KRaft, no ZooKeeper) that allows such short sessions."""
    from testcontainers.kafka import KafkaContainer

    shortest_ms = str(int(shortest_session_s * 1000))
    container = KafkaContainer("confluentinc/cp-kafka:8.0.0").with_kraft()
    with container.with_env("KAFKA_GROUP_MIN_SESSION_TIMEOUT_MS", shortest_ms) as broker:
        yield broker.get_bootstrap_server()
