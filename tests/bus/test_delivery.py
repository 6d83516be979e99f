"""The event path on real Kafka and PostgreSQL: every archived event is applied once, whatever happens to the log."""

from datetime import UTC, date, datetime
from uuid import uuid4

import pytest

from ilp_shared.bus.archive import event_log
from ilp_shared.bus.contract.catalog import SHARDS
from ilp_shared.bus.consume.consumer import Consumer
from ilp_shared.bus.contract.envelope import NewEvent
from ilp_shared.bus.relay.lease import Lease, LeaseLost, is_held
from ilp_shared.bus.relay.log_check import LogAhead, refuse_if_ahead
from ilp_shared.events.registry.v1 import FacilityRegistered
from tests.bus.stage import Stage, person_event
from tests.support.waiting import eventually


async def test_every_event_is_applied_once_and_sequences_have_no_gap(stage: Stage) -> None:
    stage.start_relay()
    stage.start_consumer()
    await stage.write_many(aggregates=50, versions=20)

    await eventually(stage.all_applied)

    rows = await stage.source.fetch(
        "SELECT shard, min(sequence) AS low, max(sequence) AS high, count(DISTINCT sequence) AS n"
        " FROM event_log GROUP BY shard"
    )
    assert all(row["low"] == 1 and row["high"] == row["n"] for row in rows)
    assert len(rows) == 5


async def test_a_slow_transaction_with_an_earlier_id_is_not_lost(stage: Stage) -> None:
    stage.start_relay()
    stage.start_consumer()
    early, late = uuid4(), uuid4()
    async with stage.source.acquire() as slow, slow.transaction():
        await event_log.append(slow, [person_event(early, 1)])
        await stage.write(late, 1)
        await eventually(lambda: _is(stage, 1))

    await eventually(stage.all_applied)
    assert await stage.seen() == 2


async def test_a_topic_wiped_under_way_is_healed_by_replay(stage: Stage) -> None:
    stage.start_relay()
    stage.start_consumer()
    await stage.write_many(aggregates=20, versions=5)
    await eventually(stage.all_applied)
    await stage.stop_all()

    await stage.write_many(aggregates=20, versions=5)
    stage.start_relay()
    await eventually(lambda: _published(stage))
    await stage.stop_all()
    await stage.recreate_topic()

    stage.start_relay()
    stage.start_consumer()
    await eventually(stage.all_applied, within_s=60)


async def test_the_whole_log_published_again_changes_nothing(stage: Stage) -> None:
    relay = stage.start_relay()
    consumer = stage.start_consumer()
    await stage.write_many(aggregates=20, versions=5)
    await eventually(stage.all_applied)

    for shard in range(SHARDS):
        relay.request_replay(shard, 0)
    await stage.write(uuid4(), 1)

    await eventually(stage.all_applied)
    await eventually(lambda: _no_lag(consumer))
    assert await stage.sink.fetchval("SELECT count(*) FROM parked") == 0


async def test_a_poison_event_parks_its_aggregate_only_and_unparks_in_order(stage: Stage) -> None:
    stage.projection.poison_day = date(1999, 9, 9)
    stage.start_relay()
    consumer = stage.start_consumer()
    sick, healthy = uuid4(), uuid4()
    await stage.write(sick, 1, born=date(1999, 9, 9))
    await stage.write(sick, 2)
    await stage.write(healthy, 1)
    await stage.write(sick, 3)

    await eventually(lambda: _is(stage, 1))
    await eventually(lambda: _truth(consumer.parked == 3))

    stage.projection.poison_day = None
    assert await consumer.unpark() == (3, 0)
    assert await stage.all_applied()
    assert [version for who, version in stage.projection.order if who == sick] == [1, 2, 3]


async def test_types_of_no_interest_pass_by_and_unknown_ones_are_parked(stage: Stage) -> None:
    stage.start_relay()
    consumer = stage.start_consumer()
    village, facility = "13.76.01.1001", uuid4()
    data = FacilityRegistered(
        facility_id=facility, kind="posyandu", name="x", area_code=village, timezone="Asia/Jakarta"
    )
    async with stage.source.acquire() as conn, conn.transaction():
        await event_log.append(conn, [NewEvent(data, facility, 1, village, village, datetime.now(UTC))])
    stranger = uuid4()
    async with stage.source.acquire() as conn, conn.transaction():
        await event_log.append(conn, [person_event(stranger, 1)])
        await conn.execute(
            "UPDATE event_log SET type = $1 WHERE aggregate_id = $2", "ilp.registry.person-cloned.v1", stranger
        )
    await stage.write(uuid4(), 1)

    await eventually(lambda: _is(stage, 1))
    await eventually(lambda: _truth(consumer.parked == 1))
    assert await stage.sink.fetchval("SELECT reason FROM parked") == "unknown type ilp.registry.person-cloned.v1"
    await eventually(lambda: _no_lag(consumer))


async def test_three_members_share_the_work_and_none_is_double(stage: Stage) -> None:
    stage.start_relay()
    for _ in range(3):
        stage.start_consumer()
    for _ in range(5):
        await stage.write_many(aggregates=40, versions=5)

    await eventually(stage.all_applied, within_s=40)


async def test_a_relay_whose_epoch_has_passed_cannot_write(stage: Stage) -> None:
    old, new = Lease(ttl_s=0.0), Lease()
    async with stage.source.acquire() as conn:
        assert await old.acquire(conn)
        assert await new.acquire(conn)
        with pytest.raises(LeaseLost):
            await old.renew(conn)
        await new.renew(conn)


async def test_a_lease_from_before_the_clock_was_set_back_holds_nobody_up(stage: Stage) -> None:
    old, new, other = Lease(), Lease(), Lease()
    async with stage.source.acquire() as conn:
        assert await old.acquire(conn)
        await conn.execute("UPDATE relay_lease SET expires_at = expires_at + interval '1 hour'")
        assert not await is_held(conn)
        assert await new.acquire(conn)
        with pytest.raises(LeaseLost):
            await old.renew(conn)
        assert await is_held(conn)
        assert not await other.acquire(conn)


async def test_a_relay_refuses_to_run_behind_the_log(stage: Stage) -> None:
    stage.start_relay()
    await stage.write_many(aggregates=3, versions=2)
    await eventually(lambda: _published(stage))
    await stage.stop_all()

    with pytest.raises(LogAhead, match="restored to an older state"):
        await refuse_if_ahead(stage.bootstrap, "registry", dict.fromkeys(range(SHARDS), 0))
    await stage.source.execute("UPDATE relay_shard SET assigned = assigned - 1 WHERE assigned > 0")
    relay = stage.start_relay()
    await eventually(lambda: _truth(relay.refusal is not None))
    assert relay.leading is False


async def _is(stage: Stage, number: int) -> bool:
    return await stage.seen() == number


async def _published(stage: Stage) -> bool:
    waiting = await stage.source.fetchval("SELECT count(*) FROM event_log WHERE sequence IS NULL")
    open_shards = await stage.source.fetchval("SELECT count(*) FROM relay_shard WHERE published < assigned")
    return bool(waiting == 0 and open_shards == 0)


async def _no_lag(consumer: Consumer) -> bool:
    return sum(consumer.lag().values()) == 0


async def _truth(value: bool) -> bool:
    return value
