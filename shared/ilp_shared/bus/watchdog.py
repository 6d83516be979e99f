"""Notices partitions that nobody reads although the log grows, and tells the consumer to join anew.

Needed because the Kafka client can sit alive with an empty assignment for ever after a topic was deleted and
made anew around a rebalance, without an exception. `partition_seen` is shared by all members of the group.
"""

from collections.abc import Mapping, Sequence

from aiokafka import AIOKafkaConsumer, TopicPartition

from ilp_shared.bus.catalog import PARTITIONS
from ilp_shared.db.connection import Connection

STALL_S = 12.0

_SEEN = """
INSERT INTO partition_seen (topic, partition, next_offset, at)
SELECT t, p, o, clock_timestamp() FROM unnest($1::text[], $2::int[], $3::bigint[]) AS s (t, p, o)
ON CONFLICT (topic, partition) DO UPDATE SET next_offset = excluded.next_offset, at = excluded.at
"""
_STALE = """
SELECT topic, partition, next_offset FROM partition_seen
WHERE topic = ANY($1) AND at < clock_timestamp() - $2 * interval '1 second'
"""


async def note_seen(conn: Connection, next_offsets: Mapping[TopicPartition, int]) -> None:
    """Record that these partitions were read just now, up to these offsets."""
    seen = sorted((tp.topic, tp.partition, offset) for tp, offset in next_offsets.items())
    await conn.execute(_SEEN, *(list(column) for column in zip(*seen, strict=True)))


async def find_stalled(conn: Connection, bootstrap: str, topics: Sequence[str]) -> list[TopicPartition]:
    """Return partitions unread for STALL_S although records stand beyond what was read (or the log was reset)."""
    stale = {
        TopicPartition(r["topic"], r["partition"]): r["next_offset"]
        for r in await conn.fetch(_STALE, list(topics), STALL_S)
    }
    if not stale:
        return []
    probe = AIOKafkaConsumer(bootstrap_servers=bootstrap, enable_auto_commit=False)
    await probe.start()
    try:
        end = await probe.end_offsets(list(stale))
    finally:
        await probe.stop()
    return [tp for tp, offset in stale.items() if end[tp] != offset]


def all_partitions(topics: Sequence[str]) -> list[TopicPartition]:
    """Return every partition of the given topics."""
    return [TopicPartition(topic, p) for topic in topics for p in range(PARTITIONS)]
