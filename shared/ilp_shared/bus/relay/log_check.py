"""The check before a relay writes: Kafka's log must not be ahead of the service's own archive.

It is ahead if the service's database was restored to an older state. A relay that ran then would give sequences twice,
so it refuses to run and says why.
"""

from collections.abc import AsyncIterator

from aiokafka import AIOKafkaConsumer, ConsumerRecord

from ilp_shared.bus.clients import started
from ilp_shared.bus.cluster import Cluster
from ilp_shared.bus.contract.envelope import reach_of

_TAIL = 20_000
"""Records read from the end of each partition; a running relay writes a high-water mark there each second."""


class LogAhead(Exception):  # noqa: N818 - a finding that stops the relay
    """Kafka holds sequences that this service's archive never gave."""

    def __init__(self, shards: dict[int, tuple[int, int]]) -> None:
        self.shards = shards
        worst = max(shards, key=lambda s: shards[s][0] - shards[s][1])
        log, own = shards[worst]
        super().__init__(
            f"Kafka is ahead of the archive in {len(shards)} shard(s), e.g. shard {worst}: log {log}, archive {own}."
            " The database looks restored to an older state; see deploy/README.md, 'relay refuses to run'."
        )


async def read_log(
    cluster: Cluster, domain: str, *, tail: int | None = None
) -> AsyncIterator["ConsumerRecord[bytes, bytes]"]:
    """Yield every record that the domain's topic holds now, or the last `tail` ones of each partition."""
    consumer = AIOKafkaConsumer(cluster.topic(domain), **cluster.client(), enable_auto_commit=False)
    async with started(consumer):
        partitions = sorted(consumer.assignment())  # without a group: all that there are
        begin, end = await consumer.beginning_offsets(partitions), await consumer.end_offsets(partitions)
        for tp in partitions:
            consumer.seek(tp, begin[tp] if tail is None else max(begin[tp], end[tp] - tail))
        left = {tp for tp in partitions if begin[tp] < end[tp]}
        while left:
            for records in (await consumer.getmany(timeout_ms=1000)).values():
                for record in records:
                    yield record
            left = {tp for tp in left if await consumer.position(tp) < end[tp]}


async def last_in_log(cluster: Cluster, domain: str) -> dict[int, int]:
    """Return the highest sequence that the tail of the domain's topic shows for each shard."""
    highest: dict[int, int] = {}
    async for record in read_log(cluster, domain, tail=_TAIL):
        for shard, sequence in reach_of(record.headers, record.value).items():
            highest[shard] = max(highest.get(shard, 0), sequence)
    return highest


async def refuse_if_ahead(cluster: Cluster, domain: str, assigned: dict[int, int]) -> None:
    """Raise LogAhead if a shard of the log is above the last sequence that the archive has assigned."""
    log = await last_in_log(cluster, domain)
    ahead = {shard: (log[shard], own) for shard, own in assigned.items() if log.get(shard, 0) > own}
    if ahead:
        raise LogAhead(ahead)
