"""A record that a stranger puts into Kafka: found by the id under its sequence, and what it hid comes back."""

from uuid import UUID, uuid4

from prometheus_client import REGISTRY

from ilp_shared.bus.consume import positions
from ilp_shared.bus.consume.consumer import Consumer
from ilp_shared.operations.administration import note_forgotten
from tests.support.bus_pair import DOMAIN, SERVICE, BusPair, person_event
from tests.support.forger import forge, shard_of
from tests.support.waiting import eventually

_SHARD = shard_of(person_event(UUID(int=0), 1))


async def _forged(pair: BusPair, beyond_head: int) -> UUID:
    """Send an invented person under a sequence above (or below) the last one given; returns the person."""
    head = await pair.source.fetchval("SELECT assigned FROM relay_shard WHERE shard = $1", _SHARD)
    event = person_event(uuid4(), 1)
    await forge(pair.cluster, event, head + beyond_head)
    return event.aggregate_id


async def _applied(pair: BusPair) -> set[UUID]:
    return {row["aggregate_id"] for row in await pair.sink.fetch("SELECT aggregate_id FROM seen")}


async def _archived(pair: BusPair) -> set[UUID]:
    return {row["aggregate_id"] for row in await pair.source.fetch("SELECT aggregate_id FROM event_log")}


async def _rings(consumer: Consumer, word: str) -> bool:
    return consumer.contradiction is not None and word in consumer.contradiction.en


async def _is_silent(consumer: Consumer) -> bool:
    return consumer.contradiction is None


def _counted() -> float:
    return REGISTRY.get_sample_value("ilp_consumer_contradictions_total", {"domain": DOMAIN}) or 0.0


async def _forget(pair: BusPair) -> None:
    """Do to the sink what `forget` does to a service."""
    async with pair.sink.acquire() as conn, conn.transaction():
        await positions.forget(conn, DOMAIN)
        await conn.execute("DELETE FROM seen")
    await eventually(lambda: note_forgotten(pair.cluster, SERVICE, DOMAIN), within_s=60)


async def _refuted(pair: BusPair) -> tuple[Consumer, UUID]:
    """Apply three persons and a forged one under the next sequence; return once its alarm stays."""
    pair.start_relay()
    consumer = pair.start_consumer()
    for _ in range(3):
        await pair.write(uuid4(), 1)
    await eventually(pair.all_applied)
    invented = await _forged(pair, 1)

    async def counted() -> bool:
        return invented in await _applied(pair)

    await eventually(counted)
    assert consumer.contradiction is None
    hidden = uuid4()
    await pair.write(hidden, 1)
    await pair.write(uuid4(), 1)
    await eventually(lambda: _rings(consumer, "passed over"), within_s=60)
    return consumer, hidden


async def _comes_back(pair: BusPair) -> None:
    """Forget the source and read it again: what it archived is what is applied, and the alarm ends."""
    await _forget(pair)
    pair.start_relay()
    again = pair.start_consumer()
    await eventually(pair.all_applied, within_s=60)
    assert await _applied(pair) == await _archived(pair)
    await eventually(lambda: _is_silent(again), within_s=60)


async def test_a_forged_event_is_found_and_what_it_hid_comes_back(pair: BusPair) -> None:
    before = _counted()
    consumer, hidden = await _refuted(pair)
    assert _counted() == before + 1
    assert consumer.status()["contradiction"]
    assert hidden not in await _applied(pair)
    await pair.stop_all()

    await _comes_back(pair)


async def test_the_alarm_outlives_a_worker(pair: BusPair) -> None:
    await _refuted(pair)
    await pair.stop_all()
    pair.start_relay()
    again = pair.start_consumer()
    await eventually(lambda: _rings(again, "passed over"), within_s=60)


async def test_a_log_that_was_lost_since_changes_nothing_in_the_way_back(pair: BusPair) -> None:
    await _refuted(pair)
    await pair.stop_all()
    await pair.recreate_topic()
    await _comes_back(pair)


async def test_a_forged_copy_is_an_alarm_that_ends_by_itself(pair: BusPair) -> None:
    before = _counted()
    pair.start_relay()
    consumer = pair.start_consumer()
    for _ in range(5):
        await pair.write(uuid4(), 1)
    await eventually(pair.all_applied)
    invented = await _forged(pair, -1)

    async def noticed() -> bool:
        return bool(await pair.sink.fetchval("SELECT count(*) FROM contradiction WHERE genuine = applied"))

    await eventually(noticed, within_s=60)
    await eventually(lambda: _is_silent(consumer), within_s=60)
    assert _counted() == before + 1
    assert invented not in await _applied(pair)
    assert await _applied(pair) == await _archived(pair)


async def test_the_whole_log_once_more_contradicts_nothing(pair: BusPair) -> None:
    before = _counted()
    relay = pair.start_relay()
    consumer = pair.start_consumer()
    await pair.write_many(aggregates=20, versions=5)
    await eventually(pair.all_applied)
    for shard in range(64):
        relay.request_replay(shard, 0)
    await pair.write(uuid4(), 1)
    await eventually(pair.all_applied)

    async def caught_up() -> bool:
        return consumer.status()["lag"] == 0

    await eventually(caught_up)
    assert (consumer.contradiction, _counted()) == (None, before)
