"""The event path on real Kafka and PostgreSQL: every archived event is applied once, whatever happens to the log."""

from datetime import UTC, date, datetime
from uuid import uuid4

import pytest

from ilp_shared.bus.archive import event_log
from ilp_shared.bus.consume.consumer import Consumer
from ilp_shared.bus.contract.catalog import SHARDS
from ilp_shared.bus.contract.envelope import NewEvent
from ilp_shared.bus.relay.lease import Lease, LeaseLost, is_held
from ilp_shared.bus.relay.log_check import LogAhead, refuse_if_ahead
from ilp_shared.events.registry.v1 import FacilityRegistered
from tests.support.bus_pair import DOMAIN, BusPair, person_event
from tests.support.waiting import eventually

LEASE_S = 6.0


async def test_every_event_is_applied_once_and_sequences_have_no_gap(pair: BusPair) -> None:
    pair.start_relay()
    pair.start_consumer()
    await pair.write_many(aggregates=50, versions=20)

    await eventually(pair.all_applied)

    rows = await pair.source.fetch(
        "SELECT shard, min(sequence) AS low, max(sequence) AS high, count(DISTINCT sequence) AS n"
        " FROM event_log GROUP BY shard"
    )
    assert all(row["low"] == 1 and row["high"] == row["n"] for row in rows)
    assert len(rows) == 5


async def test_no_lag_is_told_before_the_relay_has_said_how_much_there_is(pair: BusPair) -> None:
    consumer = pair.start_consumer()
    began = consumer.last_progress
    await eventually(lambda: _truth(consumer.last_progress > began))
    assert consumer.status()["lag"] is None

    pair.start_relay()
    await eventually(lambda: _no_lag(consumer))


async def test_a_slow_transaction_with_an_earlier_id_is_not_lost(pair: BusPair) -> None:
    pair.start_relay()
    pair.start_consumer()
    early, late = uuid4(), uuid4()
    async with pair.source.acquire() as slow, slow.transaction():
        await event_log.append(slow, [person_event(early, 1)])
        await pair.write(late, 1)
        await eventually(lambda: _is(pair, 1))

    await eventually(pair.all_applied)
    assert await pair.seen() == 2


async def test_a_topic_wiped_under_way_is_healed_by_replay(pair: BusPair) -> None:
    pair.start_relay()
    pair.start_consumer()
    await pair.write_many(aggregates=20, versions=5)
    await eventually(pair.all_applied)
    await pair.stop_all()

    await pair.write_many(aggregates=20, versions=5)
    pair.start_relay()
    await eventually(pair.all_published)
    await pair.stop_all()
    await pair.recreate_topic()

    pair.start_relay()
    pair.start_consumer()
    await eventually(pair.all_applied, within_s=60)


async def test_the_whole_log_published_again_changes_nothing(pair: BusPair) -> None:
    relay = pair.start_relay()
    consumer = pair.start_consumer()
    await pair.write_many(aggregates=20, versions=5)
    await eventually(pair.all_applied)

    for shard in range(SHARDS):
        relay.request_replay(shard, 0)
    await pair.write(uuid4(), 1)

    await eventually(pair.all_applied)
    await eventually(lambda: _no_lag(consumer))
    assert await pair.sink.fetchval("SELECT count(*) FROM parked") == 0


async def test_a_poison_event_parks_its_aggregate_only_and_unparks_in_order(pair: BusPair) -> None:
    pair.projection.poison_day = date(1999, 9, 9)
    pair.start_relay()
    consumer = pair.start_consumer()
    sick, healthy = uuid4(), uuid4()
    await pair.write(sick, 1, born=date(1999, 9, 9))
    await pair.write(sick, 2)
    await pair.write(healthy, 1)
    await pair.write(sick, 3)

    await eventually(lambda: _is(pair, 1))
    await eventually(lambda: _truth(consumer.parked == 3))

    pair.projection.poison_day = None
    assert await consumer.unpark() == (3, 0)
    assert await pair.all_applied()
    assert [version for who, version in pair.projection.order if who == sick] == [1, 2, 3]


async def test_types_of_no_interest_pass_by_and_unknown_ones_are_parked(pair: BusPair) -> None:
    pair.start_relay()
    consumer = pair.start_consumer()
    village, facility = "13.76.01.1001", uuid4()
    data = FacilityRegistered(
        facility_id=facility, kind="posyandu", name="x", area_code=village, timezone="Asia/Jakarta"
    )
    await pair.archive(NewEvent(data, facility, 1, village, village, datetime.now(UTC)))
    stranger = uuid4()
    async with pair.source.acquire() as conn, conn.transaction():
        await event_log.append(conn, [person_event(stranger, 1)])
        await conn.execute(
            "UPDATE event_log SET type = $1 WHERE aggregate_id = $2", "ilp.registry.person-cloned.v1", stranger
        )
    await pair.write(uuid4(), 1)

    await eventually(lambda: _is(pair, 1))
    await eventually(lambda: _truth(consumer.parked == 1))
    assert await pair.sink.fetchval("SELECT reason FROM parked") == "unknown type ilp.registry.person-cloned.v1"
    await eventually(lambda: _no_lag(consumer))


async def test_three_members_share_the_work_and_none_is_double(pair: BusPair) -> None:
    pair.start_relay()
    for _ in range(3):
        pair.start_consumer()
    for _ in range(5):
        await pair.write_many(aggregates=40, versions=5)

    await eventually(pair.all_applied)


async def test_a_relay_whose_epoch_has_passed_cannot_write(pair: BusPair) -> None:
    old, new = Lease(0.0), Lease(LEASE_S)
    async with pair.source.acquire() as conn:
        assert await old.acquire(conn)
        assert await new.acquire(conn)
        with pytest.raises(LeaseLost):
            await old.renew(conn)
        await new.renew(conn)


async def test_a_lease_from_before_the_clock_was_set_back_holds_nobody_up(pair: BusPair) -> None:
    old, new, other = Lease(LEASE_S), Lease(LEASE_S), Lease(LEASE_S)
    async with pair.source.acquire() as conn:
        assert await old.acquire(conn)
        await conn.execute("UPDATE relay_lease SET expires_at = expires_at + interval '1 hour'")
        assert not await is_held(conn)
        assert await new.acquire(conn)
        with pytest.raises(LeaseLost):
            await old.renew(conn)
        assert await is_held(conn)
        assert not await other.acquire(conn)


async def test_a_relay_refuses_to_run_behind_the_log(pair: BusPair) -> None:
    pair.start_relay()
    await pair.write_many(aggregates=3, versions=2)
    await eventually(pair.all_published)
    await pair.stop_all()

    with pytest.raises(LogAhead, match="restored to an older state"):
        await refuse_if_ahead(pair.cluster, DOMAIN, dict.fromkeys(range(SHARDS), 0))
    await pair.source.execute("UPDATE relay_shard SET assigned = assigned - 1 WHERE assigned > 0")
    relay = pair.start_relay()
    await eventually(lambda: _truth(relay.refusal is not None))
    assert relay.leading is False


async def _is(pair: BusPair, number: int) -> bool:
    return await pair.seen() == number


async def _no_lag(consumer: Consumer) -> bool:
    return consumer.status()["lag"] == 0


async def _truth(value: bool) -> bool:
    return value
