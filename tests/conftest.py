"""Fixtures of the whole suite: real backends, migrated databases, the development issuer."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from hypothesis import HealthCheck, settings

from deploy.dev.kafka_topics import ensure_topics, topic_plan
from ilp_shared.auth import development
from ilp_shared.bus.cluster import Cluster
from ilp_shared.ids import new_id
from ilp_shared.operations.administration import administering
from ilp_shared.waits import Waits
from tests.support.addresses import Address, unnamed
from tests.support.api import Issuer
from tests.support.databases import Databases
from tests.support.servers import Server

pytest_plugins = [
    "tests.support.run",
    "tests.support.distribution",
    "tests.support.shared_platform",
    "tests.support.stored_history",
    "tests.hostile.watch",
]

# Examples are drawn the same way in every run, and a busy machine is no failure: speed is measured by benchmarks.
settings.register_profile(
    "ilp", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)
settings.load_profile("ilp")
WAITS = 0.5
"""Share of the production waits with which bus tests run."""


@pytest.fixture(scope="session")
def postgres_url(postgres_server: Server) -> Address:
    """Superuser URL of the run's PostgreSQL."""
    return postgres_server.address


@pytest_asyncio.fixture(scope="session")
async def cluster(kafka_server: Server, worker: str) -> AsyncIterator[Cluster]:
    """Provide the run's Kafka under topic names of this process alone, topics made; waits are shortened."""
    waits = Waits().scaled(WAITS)
    waits = waits.model_copy(update={"session_s": max(waits.session_s, kafka_server.shortest_session_s)})
    own = Cluster(kafka_server.address, f"{worker}-{new_id().hex[-6:]}.", waits)
    with unnamed("Kafka"):
        await ensure_topics(own.bootstrap, own.prefix)
    yield own
    if not kafka_server.thrown_away:
        async with administering(own) as admin:
            await admin.delete_topics(list(topic_plan(own.prefix)))


@pytest_asyncio.fixture(scope="session")
async def databases(postgres_server: Server) -> AsyncIterator[Databases]:
    """Maker of fresh, migrated databases."""
    maker = Databases(postgres_server.address, thrown_away=postgres_server.thrown_away)
    yield maker
    await maker.drop_all()


@pytest.fixture(scope="session")
def issuer(tmp_path_factory: pytest.TempPathFactory) -> Issuer:
    """Provide the development issuer of the run."""
    folder: Path = tmp_path_factory.mktemp("issuer")
    development.create_issuer(folder)
    return Issuer(folder)
