"""Kafka's part of the operator's commands: which groups read a topic, and which of them start over.

The note that a consumer has forgotten a domain is the metadata of its committed offsets. The next batch that it reads
replaces the note, so a note also says that nothing was read since.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import CommitFailedError
from aiokafka.structs import OffsetAndMetadata

from ilp_shared.bus.clients import started
from ilp_shared.bus.cluster import Cluster

_FORGOTTEN: Final = "forgotten"


@asynccontextmanager
async def administering(cluster: Cluster) -> AsyncIterator[AIOKafkaAdminClient]:
    """Yield a client for administration."""
    admin = AIOKafkaAdminClient(**cluster.client())
    async with started(admin):
        yield admin


async def note_forgotten(cluster: Cluster, service: str, domain: str) -> bool:
    """Note that the consumer group of a service starts over with a domain; return False while it has members."""
    topic = cluster.topic(domain)
    async with administering(cluster) as admin:
        (described,) = await admin.describe_topics([topic])
    client = AIOKafkaConsumer(**cluster.client(), group_id=cluster.group(service), enable_auto_commit=False)
    partitions = [TopicPartition(topic, number) for number in range(len(described["partitions"]))]
    try:
        async with started(client):
            client.assign(partitions)
            await client.commit(dict.fromkeys(partitions, OffsetAndMetadata(0, _FORGOTTEN)))
    except CommitFailedError:
        return False
    return True


async def readers(admin: AIOKafkaAdminClient, cluster: Cluster) -> list[str]:
    """Return the consumer groups of this platform that have members."""
    alive = []
    for group, *_ in await admin.list_consumer_groups():
        if group.startswith(cluster.groups):
            (answer,) = await admin.describe_consumer_groups([group])  # one by one: aiokafka 0.14 misreads several
            alive += [name for _, name, _, _, _, members, *_ in answer.groups if members]
    return sorted(alive)


async def unforgetful(admin: AIOKafkaAdminClient, cluster: Cluster, domain: str) -> list[str]:
    """Return the consumer groups of this platform that have read a domain and have no note that they start over."""
    groups = []
    for group, *_ in await admin.list_consumer_groups():
        if group.startswith(cluster.groups):
            offsets = await admin.list_consumer_group_offsets(group)
            if any(
                tp.topic == cluster.topic(domain) and position.metadata != _FORGOTTEN
                for tp, position in offsets.items()
            ):
                groups.append(group)
    return sorted(groups)
