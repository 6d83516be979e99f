"""How this platform talks to Kafka: client settings in one place, records in and out."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import datetime

import asyncpg
import orjson
from aiokafka import AIOKafkaProducer

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


async def send_events(producer: AIOKafkaProducer, topic: str, rows: Sequence[asyncpg.Record]) -> None:
    """Send archive rows in order and wait until Kafka has acknowledged every one."""
    waiting = []
    for row in rows:
        key, value, headers = encode(dict(row))
        waiting.append(await producer.send(topic, value, key, partition_of(row["shard"]), headers=headers))
    await asyncio.gather(*waiting)


async def send_heads(
    producer: AIOKafkaProducer, topic: str, domain: str, published: Mapping[int, int], through: datetime | None
) -> None:
    """Write one head record per partition: the published sequence of each of its shards.

    `through` is the instant up to which everything recorded has been published, None while that is not known.
    """
    headers = [
        ("ce_specversion", b"1.0"),
        ("ce_type", head_type(domain).encode()),
        ("ce_source", f"/ilp/{domain}".encode()),
    ]
    if through is not None:
        headers.append(("ce_time", through.isoformat().encode()))
    waiting = []
    for partition in range(PARTITIONS):
        heads = {str(s): last for s, last in published.items() if partition_of(s) == partition}
        value = orjson.dumps(heads)
        waiting.append(await producer.send(topic, value, None, partition, headers=headers))
    await asyncio.gather(*waiting)
