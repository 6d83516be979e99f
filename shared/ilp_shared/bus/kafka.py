"""The producer side of Kafka: client settings, and the two kinds of records that a relay sends."""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Final

import asyncpg
import orjson
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError, UnknownTopicOrPartitionError

from ilp_shared import metrics
from ilp_shared.bus.cluster import Cluster
from ilp_shared.bus.contract.catalog import SHARDS, head_type
from ilp_shared.bus.contract.envelope import encode
from ilp_shared.tracing import batch_span

METADATA_AGE_MS: Final = 5_000
"""Age at which a client asks again how many partitions its topics have."""


def make_producer(cluster: Cluster) -> AIOKafkaProducer:
    """Return an idempotent producer (acks=all, lz4, no linger: sends are awaited in batches)."""
    return AIOKafkaProducer(
        **cluster.client(),
        enable_idempotence=True,
        acks="all",
        compression_type="lz4",
        max_batch_size=131_072,
        request_timeout_ms=int(cluster.waits.kafka_request_s * 1000),
        retry_backoff_ms=300,
        metadata_max_age_ms=METADATA_AGE_MS,
    )


def shards_of(partition: int, partitions: int) -> frozenset[int]:
    """Return the shards that a partition carries, of a topic with so many of them."""
    return frozenset(range(partition, SHARDS, partitions))


async def _partitions_of(producer: AIOKafkaProducer, topic: str) -> int:
    """Return how many partitions a topic has now; raises UnknownTopicOrPartitionError while there are none."""
    number = len(await producer.partitions_for(topic))
    if not number:
        raise UnknownTopicOrPartitionError
    return number


@contextmanager
def counted_errors(what: str) -> Iterator[None]:
    """Count what Kafka did not take after all retries of the client, and pass the error on."""
    try:
        yield
    except KafkaError:
        metrics.PRODUCE_ERRORS.labels(what).inc()
        raise


async def send_events(producer: AIOKafkaProducer, topic: str, rows: Sequence[asyncpg.Record]) -> None:
    """Send archive rows in order and wait until Kafka has acknowledged every one."""
    measured = batch_span("relay round", lambda: (row["traceparent"] for row in rows), {"ilp.events": len(rows)})
    with counted_errors("events"), measured:
        acknowledgements = []
        partitions = await _partitions_of(producer, topic)
        for row in rows:
            key, value, headers = encode(dict(row))
            partition = row["shard"] % partitions
            acknowledgements.append(await producer.send(topic, value, key, partition, headers=headers))
        await asyncio.gather(*acknowledgements)


async def send_marks(
    producer: AIOKafkaProducer, topic: str, domain: str, published: Mapping[int, int], through: datetime | None
) -> None:
    """Send one high-water mark per partition: the published sequence of each of its shards.

    `through` is the instant up to which every recorded event is published; None while that is unknown.
    """
    headers = [
        ("ce_specversion", b"1.0"),
        ("ce_type", head_type(domain).encode()),
        ("ce_source", f"/ilp/{domain}".encode()),
    ]
    if through is not None:
        headers.append(("ce_time", through.isoformat().encode()))
    with counted_errors("marks"):
        acknowledgements = []
        partitions = await _partitions_of(producer, topic)
        for partition in range(partitions):
            shards = shards_of(partition, partitions)
            value = orjson.dumps({str(s): last for s, last in published.items() if s in shards})
            acknowledgements.append(await producer.send(topic, value, None, partition, headers=headers))
        await asyncio.gather(*acknowledgements)
