"""What an operator's command asks of Kafka: who reads a topic, and to note that a reader starts over.

Called by `forgetting` and `recovery`. The note that a consumer has forgotten a domain is the metadata of its committed
offsets: the next batch it reads replaces it, so it says that nothing was read since.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import CommitFailedError
from aiokafka.structs import OffsetAndMetadata

from ilp_shared.bus.catalog import PARTITIONS

GROUPS: Final = "ilp-"
"""Consumer groups of this platform begin so; the name of the service follows."""
_FORGOTTEN: Final = "forgotten"


@asynccontextmanager
async def administering(bootstrap: str) -> AsyncIterator[AIOKafkaAdminClient]:
    """Yield a client for administration."""
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    try:
        yield admin
    finally:
        await admin.close()


async def note_forgotten(bootstrap: str, group: str, topic: str) -> bool:
    """Note that a consumer group starts over with a topic; False while members of the group are alive."""
    client = AIOKafkaConsumer(bootstrap_servers=bootstrap, group_id=group, enable_auto_commit=False)
    await client.start()
    try:
        partitions = [TopicPartition(topic, number) for number in range(PARTITIONS)]
        client.assign(partitions)
        await client.commit(dict.fromkeys(partitions, OffsetAndMetadata(0, _FORGOTTEN)))
    except CommitFailedError:
        return False
    finally:
        await client.stop()
    return True


async def readers(admin: AIOKafkaAdminClient) -> list[str]:
    """Return the consumer groups of this platform that have members."""
    alive = []
    for group, *_ in await admin.list_consumer_groups():
        if group.startswith(GROUPS):
            (answer,) = await admin.describe_consumer_groups([group])  # one by one: aiokafka 0.14 misreads several
            alive += [name for _, name, _, _, _, members, *_ in answer.groups if members]
    return sorted(alive)


async def unforgetful(admin: AIOKafkaAdminClient, topic: str) -> list[str]:
    """Return the consumer groups of this platform that have read a topic and were not told to start over."""
    found = []
    for group, *_ in await admin.list_consumer_groups():
        if group.startswith(GROUPS):
            offsets = await admin.list_consumer_group_offsets(group)
            if any(tp.topic == topic and noted.metadata != _FORGOTTEN for tp, noted in offsets.items()):
                found.append(group)
    return sorted(found)
