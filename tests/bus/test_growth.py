"""A topic that grows while all runs: nothing lost, nothing double, and every partition is checked in the end."""

import asyncio

from aiokafka.admin import NewPartitions

from ilp_shared.bus.contract.catalog import PARTITIONS, SHARDS
from ilp_shared.bus.relay.log_check import read_log
from ilp_shared.operations.administration import administering, note_forgotten
from tests.support.bus_pair import DOMAIN, SERVICE, BusPair
from tests.support.waiting import PATIENCE_S, eventually


async def test_a_topic_grows_under_load_and_loses_and_doubles_nothing(pair: BusPair) -> None:
    relay, topic = pair.start_relay(), pair.cluster.topic(DOMAIN)
    consumers = [pair.start_consumer() for _ in range(2)]
    ended = asyncio.Event()

    async def write_on() -> None:
        while not ended.is_set():
            await pair.write_many(aggregates=10, versions=2)

    async def read_beyond() -> bool:
        return await pair.seen() > 0 and await _events_beyond(pair)

    writing = asyncio.create_task(write_on())
    try:
        await eventually(lambda: _seen(pair))
        async with administering(pair.cluster) as admin:
            await admin.create_partitions({topic: NewPartitions(SHARDS)})
        await eventually(read_beyond)
    finally:
        ended.set()
        await writing
    await eventually(pair.all_applied)
    await eventually(lambda: _all_checked(pair, SHARDS))
    assert [consumer.parked for consumer in consumers] == [0, 0]
    assert relay.leading
    await pair.stop_all()

    restarted = pair.start_relay()
    pair.start_consumer()
    await pair.write_many(aggregates=5, versions=1)
    await eventually(pair.all_applied)
    assert restarted.refusal is None
    await pair.recreate_topic()
    await pair.write_many(aggregates=5, versions=1)
    await eventually(pair.all_applied, within_s=PATIENCE_S)
    await eventually(lambda: _all_checked(pair, PARTITIONS), within_s=PATIENCE_S)


async def test_a_group_forgets_all_partitions_of_a_topic_that_has_grown(pair: BusPair) -> None:
    async with administering(pair.cluster) as admin:
        await admin.create_partitions({pair.cluster.topic(DOMAIN): NewPartitions(SHARDS)})
        assert await eventually(lambda: note_forgotten(pair.cluster, SERVICE, DOMAIN))
        offsets = await admin.list_consumer_group_offsets(pair.cluster.group(SERVICE))
    numbers = {tp.partition for tp in offsets if tp.topic == pair.cluster.topic(DOMAIN)}
    await pair.recreate_topic()
    assert numbers == set(range(SHARDS))


async def _seen(pair: BusPair) -> bool:
    return await pair.seen() > 0


async def _events_beyond(pair: BusPair) -> bool:
    """Tell whether there are events, not only high-water marks, in the partitions that came with the growth."""
    records = read_log(pair.cluster, DOMAIN)
    return any([record.key is not None async for record in records if record.partition >= PARTITIONS])


async def _all_checked(pair: BusPair, number: int) -> bool:
    """Tell whether so many partitions are known, and each was applied through some instant."""
    row = await pair.sink.fetchrow("SELECT count(*), count(through) FROM partition_seen WHERE domain = $1", DOMAIN)
    assert row is not None
    return tuple(row) == (number, number)
