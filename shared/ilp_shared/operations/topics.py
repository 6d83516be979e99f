"""The recreation of a topic without its records, so that the log of a restored archive begins again.

All workers must be stopped. The work may be cut at any point: Kafka itself stores what is still to be done.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Final

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.errors import KafkaError, KafkaTimeoutError, UnknownTopicOrPartitionError, for_code

from ilp_shared import failpoints
from ilp_shared.bus.clients import started
from ilp_shared.bus.cluster import Cluster

_LIKENESS: Final = ".likeness"
"""Suffix of the empty topic that stores the partitions, copies and settings of another one."""
_SET_ON_TOPIC: Final = 1
"""Kafka's source of a setting: set for this topic, not a default."""
_PATIENCE_S = 60.0


async def is_cut(admin: AIOKafkaAdminClient, cluster: Cluster, topic: str) -> bool:
    """Tell whether `recreate` was cut after the deletion: the topic is missing, or nothing was ever written to it.

    In the second case the cut run, or Kafka with its own settings, has created the topic since.
    """
    topics = await admin.list_topics()
    if topic + _LIKENESS not in topics:
        return False
    return topic not in topics or await _is_unwritten(admin, cluster, topic)


async def recreate(admin: AIOKafkaAdminClient, topic: str, *, cut: bool = False) -> None:
    """Delete a topic with its records and create it again with the same partitions, copies and settings.

    An empty topic of the same settings is created first: if Kafka refuses that, nothing is deleted, and if this is cut,
    the settings are not lost. `cut` continues such a run.
    """
    likeness = topic + _LIKENESS
    if not cut:
        await _delete(admin, likeness)
        await _create(admin, likeness, like=topic)
    failpoints.hit("topic.before_delete")
    await _delete(admin, topic)
    failpoints.hit("topic.after_delete")
    await _create(admin, topic, like=likeness)
    await _delete(admin, likeness)


async def _is_unwritten(admin: AIOKafkaAdminClient, cluster: Cluster, topic: str) -> bool:
    (described,) = await admin.describe_topics([topic])
    client = AIOKafkaConsumer(**cluster.client(), enable_auto_commit=False)
    async with started(client):
        ends = await client.end_offsets([TopicPartition(topic, part["partition"]) for part in described["partitions"]])
    return not any(ends.values())


async def _delete(admin: AIOKafkaAdminClient, topic: str) -> None:
    _expect(await admin.delete_topics([topic]), unless=UnknownTopicOrPartitionError)
    await _until(admin, topic, listed=False)


async def _create(admin: AIOKafkaAdminClient, topic: str, *, like: str) -> None:
    _expect(await admin.create_topics([await _likeness_of(admin, like, topic)]))
    await _until(admin, topic, listed=True)


async def _likeness_of(admin: AIOKafkaAdminClient, topic: str, name: str) -> NewTopic:
    """Return the definition of a topic with the settings of another one; wait until the broker knows that one."""
    async with _limited():
        while True:
            (described,) = await admin.describe_topics([topic])
            (answer,) = await admin.describe_configs([ConfigResource(ConfigResourceType.TOPIC, topic)])
            code, _message, _type, _name, entries = answer.resources[0]
            _raise_if(code, unless=UnknownTopicOrPartitionError)
            if not code and (partitions := described["partitions"]):
                own = {key: value for key, value, _only, source, *_ in entries if source == _SET_ON_TOPIC}
                return NewTopic(name, len(partitions), len(partitions[0]["replicas"]), topic_configs=own)
            await asyncio.sleep(0.1)


async def _until(admin: AIOKafkaAdminClient, topic: str, *, listed: bool) -> None:
    """Wait until the broker lists a topic, or no longer lists it."""
    async with _limited():
        while True:
            if (topic in await admin.list_topics()) is listed:
                return
            await asyncio.sleep(0.1)


@asynccontextmanager
async def _limited() -> AsyncIterator[None]:
    """Raise KafkaTimeoutError when waiting takes too long."""
    try:
        async with asyncio.timeout(_PATIENCE_S):
            yield
    except TimeoutError:
        raise KafkaTimeoutError from None


def _expect(answer: Any, unless: type[KafkaError] | None = None) -> None:
    """Raise the error that Kafka answered, except `unless`."""
    outcomes = answer.topic_errors if hasattr(answer, "topic_errors") else answer.topic_error_codes
    for _topic, code, *_ in outcomes:
        _raise_if(code, unless)


def _raise_if(code: int, unless: type[KafkaError] | None = None) -> None:
    error: type[KafkaError] = for_code(code)
    if code and error is not unless:
        raise error
