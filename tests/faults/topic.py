"""What faults do to a topic itself: read all of it, add records, delete it."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, ConsumerRecord
from aiokafka.admin import NewPartitions

from ilp_shared.bus.clients import started
from ilp_shared.bus.cluster import Cluster
from ilp_shared.operations.administration import administering
from tests.support.waiting import eventually

Headers = Sequence[tuple[str, bytes]]


async def length(bootstrap: str, topic: str) -> int:
    """Return number of records a topic has been given since it was made."""
    async with _reading(bootstrap, topic) as consumer:
        return sum((await consumer.end_offsets(list(consumer.assignment()))).values())


async def records(bootstrap: str, topic: str) -> list["ConsumerRecord[bytes, bytes]"]:
    """Return every record that a topic holds now, in order within each partition."""
    async with _reading(bootstrap, topic) as consumer:
        partitions = sorted(consumer.assignment())
        ends = await consumer.end_offsets(partitions)
        await consumer.seek_to_beginning()
        all_records: list[ConsumerRecord[bytes, bytes]] = []
        while any([await consumer.position(tp) < ends[tp] for tp in partitions]):
            for some in (await consumer.getmany(timeout_ms=1000)).values():
                all_records += some
        return all_records


async def append(bootstrap: str, copies: Sequence["ConsumerRecord[bytes, bytes]"]) -> None:
    """Write records again, each to its partition, and wait until Kafka has them."""
    async with producing(bootstrap) as producer:
        for record in copies:
            await write(producer, record.topic, record.partition, record.value, record.headers, record.key)


async def write(
    producer: AIOKafkaProducer,
    topic: str,
    partition: int,
    value: bytes | None,
    headers: Headers = (),
    key: bytes | None = None,
) -> None:
    """Write one record."""
    await producer.send(topic, value, key, partition, headers=list(headers))


async def grow(bootstrap: str, topic: str, partitions: int) -> int:
    """Give a topic more partitions; returns how many it had."""
    async with _reading(bootstrap, topic) as consumer:
        number = len(consumer.assignment())
    async with administering(Cluster(bootstrap)) as admin:
        await admin.create_partitions({topic: NewPartitions(partitions)})
    return number


async def is_used_beyond(bootstrap: str, topic: str, number: int) -> bool:
    """Tell whether a topic has events, not only high-water marks, in a partition from `number` on."""
    return any(record.key is not None for record in await records(bootstrap, topic) if record.partition >= number)


async def delete(bootstrap: str, topic: str) -> None:
    """Delete a topic with all it holds."""
    async with administering(Cluster(bootstrap)) as admin:
        await admin.delete_topics([topic])

        async def gone() -> bool:
            return topic not in await admin.list_topics()

        await eventually(gone)


@asynccontextmanager
async def producing(bootstrap: str) -> AsyncIterator[AIOKafkaProducer]:
    """Yield a producer; what it was given is in Kafka when the context ends."""
    producer = AIOKafkaProducer(bootstrap_servers=bootstrap, acks="all", linger_ms=5)
    async with started(producer):
        yield producer
        await producer.flush()


@asynccontextmanager
async def _reading(bootstrap: str, topic: str) -> AsyncIterator[Any]:
    """Yield a consumer of every partition that the topic has now."""
    consumer = AIOKafkaConsumer(topic, bootstrap_servers=bootstrap, enable_auto_commit=False)
    async with started(consumer):
        yield consumer
