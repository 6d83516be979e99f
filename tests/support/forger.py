"""Puts records into Kafka that their source never wrote, with a client that the product does not use."""

import asyncio
import zlib
from collections.abc import Mapping
from datetime import UTC, datetime
from types import MappingProxyType
from uuid import UUID, uuid4

from confluent_kafka import Producer

from ilp_shared.bus.cluster import Cluster
from ilp_shared.bus.contract.catalog import domain_of
from ilp_shared.bus.contract.envelope import NewEvent

_SHARDS, _PARTITIONS = 64, 6


class Refused(Exception):  # noqa: N818 - it says what is the case
    """Kafka did not take a record; the text is librdkafka's name of the reason."""


def shard_of(event: NewEvent) -> int:
    """Return the shard of an event's key."""
    return zlib.crc32(event.key.encode()) % _SHARDS


async def forge(
    cluster: Cluster,
    event: NewEvent,
    sequence: int,
    event_id: UUID | None = None,
    account: Mapping[str, str] = MappingProxyType({}),
) -> None:
    """Send an event under a sequence of its shard, in the form that asyncapi.yaml tells everybody.

    `account` are librdkafka's settings of the account that sends it. Raises Refused if Kafka does not take it.
    """
    domain, now = domain_of(event.data.TYPE), datetime.now(UTC).isoformat().replace("+00:00", "Z")
    attributes = {
        "specversion": "1.0",
        "id": str(event_id or uuid4()),
        "source": f"/ilp/{domain}",
        "type": event.data.TYPE,
        "time": now,
        "aggregateid": str(event.aggregate_id),
        "aggregateversion": str(event.aggregate_version),
        "shard": str(shard_of(event)),
        "sequence": str(sequence),
        "areacode": event.area_code,
        "occurredat": now,
    }
    refusals: list[str] = []
    producer = Producer({"bootstrap.servers": cluster.bootstrap, "message.timeout.ms": 10_000, **account})
    producer.produce(
        cluster.topic(domain),
        event.data.model_dump_json().encode(),
        event.key.encode(),
        shard_of(event) % _PARTITIONS,
        headers=[("content-type", b"application/json"), *((f"ce_{n}", v.encode()) for n, v in attributes.items())],
        on_delivery=lambda error, _record: refusals.append(error.name()) if error else None,
    )
    assert await asyncio.to_thread(producer.flush, 30) == 0
    if refusals:
        raise Refused(*refusals)
