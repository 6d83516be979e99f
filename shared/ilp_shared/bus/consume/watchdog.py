"""The stall watchdog: finds partitions that no member reads although their log grows.

The Kafka client can stay alive with an empty assignment for ever, without an exception, after a topic was deleted and
created again around a rebalance. All members of the group share `partition_seen`.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from aiokafka import AIOKafkaConsumer, TopicPartition

from ilp_shared.bus.clients import started
from ilp_shared.bus.cluster import Cluster
from ilp_shared.bus.contract.catalog import PARTITIONS
from ilp_shared.db.connection import Connection

_EXPECT = """
INSERT INTO partition_seen (domain, partition, next_offset, at)
SELECT d, p, 0, clock_timestamp() FROM unnest($1::text[]) AS d, generate_series(0, $2 - 1) AS p ON CONFLICT DO NOTHING
"""
_NOTE = """
UPDATE partition_seen AS p
SET next_offset = s.next_offset, at = clock_timestamp(), through = coalesce(s.through, p.through)
FROM unnest($1::text[], $2::int[], $3::bigint[], $4::timestamptz[]) AS s (domain, partition, next_offset, through)
WHERE p.domain = s.domain AND p.partition = s.partition
"""
_TOUCH = """
UPDATE partition_seen AS p SET at = clock_timestamp()
FROM unnest($1::text[], $2::int[]) AS s (domain, partition) WHERE p.domain = s.domain AND p.partition = s.partition
"""
_STALE = """
SELECT domain, partition, next_offset FROM partition_seen
WHERE domain = ANY($1) AND at < clock_timestamp() - $2 * interval '1 second'
"""


_DROP = """
DELETE FROM partition_seen AS p USING unnest($1::text[], $2::int[]) AS g (domain, partition)
WHERE p.domain = g.domain AND p.partition = g.partition
"""


class PartitionRead(NamedTuple):
    """What was read of a partition: the next offset, and the instant through which all recorded events are applied."""

    domain: str
    partition: int
    next_offset: int
    through: datetime | None


async def expect_partitions(conn: Connection, domains: Sequence[str], partitions: int = PARTITIONS) -> None:
    """Insert a row for every partition, so that a partition that was never read is found too."""
    await conn.execute(_EXPECT, list(domains), partitions)


async def note_reads(conn: Connection, reads: Sequence[PartitionRead]) -> None:
    """Store that these partitions were read just now."""
    rows = sorted(reads, key=lambda read: read[:2])  # in one order: two members cannot deadlock
    await conn.execute(_NOTE, *(list(column) for column in zip(*rows, strict=True)))


async def touch(conn: Connection, partitions: Sequence[tuple[str, int]]) -> None:
    """Store that these partitions, by domain and number, have a reader, although it had no time to read them."""
    rows = sorted(partitions)  # in one order: two members cannot deadlock
    await conn.execute(_TOUCH, [domain for domain, _ in rows], [number for _, number in rows])


async def find_stalled(conn: Connection, cluster: Cluster, domains: Sequence[str]) -> list[TopicPartition]:
    """Return partitions unread for `stall_s` although there are records beyond (or the log was reset).

    Those of a topic that was created again with fewer are dropped: nothing will ever be read of them.
    """
    names = {cluster.topic(domain): domain for domain in domains}
    stale = {
        TopicPartition(cluster.topic(r["domain"]), r["partition"]): r["next_offset"]
        for r in await conn.fetch(_STALE, list(domains), cluster.waits.stall_s)
    }
    if not stale:
        return []
    probe = AIOKafkaConsumer(*names, **cluster.client(), enable_auto_commit=False)
    async with started(probe):
        present = stale.keys() & probe.assignment()  # without a group: all that there are
        end = await probe.end_offsets(list(present)) if present else {}
    if gone := sorted(stale.keys() - present):
        await conn.execute(_DROP, [names[tp.topic] for tp in gone], [tp.partition for tp in gone])
    return [tp for tp in present if end[tp] != stale[tp]]
