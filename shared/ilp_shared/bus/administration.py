"""What an operator's command does to Kafka itself: who reads a topic, note that a reader starts over, make it anew.

Called by `forgetting` and `recovery`. The note that a consumer has forgotten a domain is the metadata of its committed
offsets: the next batch it reads replaces it, so it says that nothing was read since.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Final

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.errors import CommitFailedError, KafkaError, TopicAlreadyExistsError, for_code
from aiokafka.structs import OffsetAndMetadata

from ilp_shared.bus.catalog import PARTITIONS

GROUPS: Final = "ilp-"
"""Consumer groups of this platform begin so; the name of the service follows."""
_FORGOTTEN: Final = "forgotten"
_SET_ON_TOPIC: Final = 1
"""Where Kafka has a setting's value from: given for this topic, not a default."""
_PATIENCE_S = 60.0


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


async def make_anew(admin: AIOKafkaAdminClient, topic: str) -> None:
    """Delete a topic with all it holds and make it again, with the partitions, copies and settings it had."""
    (described,) = await admin.describe_topics([topic])
    copies = len(described["partitions"][0]["replicas"])
    same = NewTopic(topic, len(described["partitions"]), copies, topic_configs=await _settings(admin, topic))
    _expect(await admin.delete_topics([topic]))
    await _until(admin, topic, listed=False)
    _expect(await admin.create_topics([same]))
    await _until(admin, topic, listed=True)


async def _until(admin: AIOKafkaAdminClient, topic: str, *, listed: bool) -> None:
    """Wait until the news of a topic has reached the broker asked."""
    async with asyncio.timeout(_PATIENCE_S):
        while True:
            if (topic in await admin.list_topics()) is listed:
                return
            await asyncio.sleep(0.1)


async def _settings(admin: AIOKafkaAdminClient, topic: str) -> dict[str, str]:
    (answer,) = await admin.describe_configs([ConfigResource(ConfigResourceType.TOPIC, topic)])
    entries = answer.resources[0][4]
    return {name: value for name, value, _read_only, source, *_ in entries if source == _SET_ON_TOPIC}


def _expect(answer: Any) -> None:
    """Raise what Kafka refused with; that the topic is there already is no refusal."""
    outcomes = answer.topic_errors if hasattr(answer, "topic_errors") else answer.topic_error_codes
    for _topic, code, *_ in outcomes:
        error: type[KafkaError] = for_code(code)
        if code and error is not TopicAlreadyExistsError:
            raise error
