"""`check-config --backing` on three real brokers: no worker starts with topics that one broker acknowledges alone.

The three brokers take minutes on a busy machine; what is wrong with the settings of a topic is also tested without
(`unit/shared/test_topic_settings.py`).
"""

import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType

from deploy.dev.config import cache_folder
from deploy.dev.kafka_topics import ensure_topics
from ilp_screening.service import SERVICE
from ilp_shared.bus.cluster import Cluster
from ilp_shared.operations.administration import administering
from tests.faults.cluster import Cluster as Brokers
from tests.service.shared.test_backing import faults
from tests.support.databases import Databases

pytestmark = [pytest.mark.thorough, pytest.mark.backends]


@pytest_asyncio.fixture(loop_scope="session")
async def brokers(tmp_path: Path) -> AsyncIterator[Brokers]:
    """Run three brokers."""
    brokers = Brokers(tmp_path, cache_folder(os.environ))
    try:
        await brokers.start()
        yield brokers
    finally:
        await brokers.stop()


async def test_a_topic_of_three_copies_needs_two_in_sync(databases: Databases, brokers: Brokers) -> None:
    cluster, urls = Cluster(brokers.bootstrap), await databases.create(SERVICE)
    await ensure_topics(cluster.bootstrap)
    assert await faults(SERVICE, urls, cluster, "worker") == set()
    topic = cluster.topic("registry")
    async with administering(cluster) as admin:
        (described,) = await admin.describe_topics([topic])
        assert {len(each["replicas"]) for each in described["partitions"]} == {3}
        careless = {"min.insync.replicas": "1", "message.timestamp.type": "LogAppendTime"}
        await admin.alter_configs([ConfigResource(ConfigResourceType.TOPIC, topic, careless)])
    said = f"{topic}: min.insync.replicas harus 2 untuk tiga salinan / min.insync.replicas must be 2 for three copies"
    assert said in await faults(SERVICE, urls, cluster, "worker")
