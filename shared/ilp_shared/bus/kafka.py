"""The producer side of Kafka: client settings, and the two kinds of records that a relay sends."""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime

import asyncpg
import orjson
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from ilp_shared import metrics
from ilp_shared.bus.cluster import Cluster
from ilp_shared.bus.contract.catalog import PARTITIONS, head_type
from ilp_shared.bus.contract.envelope import encode


def make_producer(cluster: Cluster) -> AIOKafkaProducer:
    """Return an idempotent producer (acks=all, lz4, no linger: sends are awaited in batches)."""
    return AIOKafkaProducer(
        bootstrap_servers=cluster.bootstrap,
        enable_idempotence=True,
        acks="all",
        compression_type="lz4",
        max_batch_size=131_072,
        request_timeout_ms=int(cluster.waits.kafka_request_s * 1000),
        retry_backoff_ms=300,
    )


def partition_of(shard: int) -> int:
    """Return the partition that carries a shard."""
    return shard % PARTITIONS


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
    with counted_errors("events"):
        acknowledgements = []
        for row in rows:
            key, value, headers = encode(dict(row))
            acknowledgements.append(await producer.send(topic, value, key, partition_of(row["shard"]), headers=headers))
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
        for partition in range(PARTITIONS):
            sequences = {str(s): last for s, last in published.items() if partition_of(s) == partition}
            value = orjson.dumps(sequences)
            acknowledgements.append(await producer.send(topic, value, None, partition, headers=headers))
        await asyncio.gather(*acknowledgements)
