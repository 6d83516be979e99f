"""Brokers killed, logs lost, records doubled and damaged; an event that cannot be applied, parked and taken back.

Kafka is replicated here (`cluster.py`), so one broker's end may cost time only. Whatever is lost of the log comes
again from the archives.
"""

import asyncio
import random
from collections.abc import Sequence
from typing import Final

from aiokafka import AIOKafkaProducer

from deploy.dev.config import SERVICES
from deploy.dev.kafka_topics import ensure_topics
from ilp_shared.bus.contract.catalog import PARTITIONS, SHARDS, TOPICS
from tests.faults import topic
from tests.faults.drafting import Recorded
from tests.faults.fault import CONSUMER, RELAY, fault
from tests.faults.platform import BreakablePlatform
from tests.faults.workload import Workload
from tests.support.waiting import eventually

_MONITORING = next(service for service in SERVICES if service.name == "monitoring")
_SOURCES = ("registry", "screening", "cluster")
_HEAD = ("ce_type", b"ilp.screening.head.v1")
_GARBAGE: Final[Sequence[tuple[bytes, topic.Headers]]] = (
    (b"\xff\x00 no JSON", ()),
    (b"{}", [("ce_type", b"\xff\xfe"), ("ce_shard", b"1")]),
    (b"{}", [("ce_type", b"ilp.screening.recorded.v1"), ("ce_shard", b"1"), ("ce_sequence", b"soon")]),
    (b"no head", [_HEAD]),
)
"""Records that stand for nothing: no headers, headers that are no text, a sequence that is no number, an empty head."""
_POISON = """
CREATE FUNCTION refuse_one() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN IF NEW.screening_id = '{screening}' THEN RAISE EXCEPTION 'a defect of the projection'; END IF; RETURN NEW; END $$;
CREATE TRIGGER refuse_one BEFORE INSERT OR UPDATE ON observation FOR EACH ROW EXECUTE FUNCTION refuse_one();
"""
_ANTIDOTE = "DROP TRIGGER refuse_one ON observation; DROP FUNCTION refuse_one();"


@fault("each of three brokers killed -9 in turn, the controller first", group="broker", touches=(*RELAY, *CONSUMER))
async def brokers_in_turn(platform: BreakablePlatform, work: Workload, rng: random.Random) -> None:
    """Kill each in turn; the others take over, unseen by clients."""
    controller = await platform.cluster.controller()
    others = [broker for broker in platform.brokers if broker is not controller]
    rng.shuffle(others)
    for broker in (controller, *others):
        await broker.kill()
        if broker is controller:
            assert await platform.cluster.controller() is not controller
        await work.acknowledged(3)
        work.hurt_ended()
        await broker.start()
        await platform.cluster.in_sync()


@fault("two of three brokers down", group="broker", touches=(*RELAY, *CONSUMER))
async def two_brokers_down(platform: BreakablePlatform, work: Workload, rng: random.Random) -> None:
    """Commands are accepted all the same and delivered later."""
    down = rng.sample(platform.brokers, 2)
    await asyncio.gather(*(broker.kill() for broker in down))
    await work.acknowledged(10)
    assert await _undelivered(platform) > 0
    work.hurt_ended()
    await asyncio.gather(*(broker.start() for broker in down))


@fault("one of three brokers loses its log", group="broker", touches=(*RELAY, *CONSUMER))
async def one_log_wiped(platform: BreakablePlatform, work: Workload, rng: random.Random) -> None:
    """Wipe one member; it fetches everything from the others."""
    broker = rng.choice(platform.brokers)
    await broker.kill()
    assert broker.topics_on_disk()
    broker.wipe()
    assert not broker.topics_on_disk()
    await work.acknowledged(3)
    work.hurt_ended()
    await broker.start()
    await platform.cluster.in_sync()


@fault("the whole log lost", group="broker", touches=(*RELAY, *CONSUMER))
async def whole_log_wiped(platform: BreakablePlatform, work: Workload, rng: random.Random) -> None:
    """Wipe all members; the archives fill the log again."""
    bootstrap = platform.cluster.bootstrap
    before = await topic.length(bootstrap, TOPICS["registry"])
    await platform.cluster.wipe()
    work.hurt_ended()
    await platform.cluster.start_brokers()
    assert set(await ensure_topics(bootstrap)) >= set(TOPICS.values())
    assert await topic.length(bootstrap, TOPICS["registry"]) < before
    await work.acknowledged(3)


@fault("a topic deleted and created again", group="broker", touches=(*RELAY, *CONSUMER))
async def topic_made_anew(platform: BreakablePlatform, work: Workload, rng: random.Random) -> None:
    """For a while there is none; then it is empty."""
    name = TOPICS[rng.choice(_SOURCES)]
    await topic.delete(platform.cluster.bootstrap, name)
    await work.acknowledged(3)
    work.hurt_ended()
    assert await ensure_topics(platform.cluster.bootstrap) == [name]


@fault("topics grow from 6 to 64 partitions", group="broker", touches=(*RELAY, *CONSUMER))
async def topics_grown(platform: BreakablePlatform, work: Workload, rng: random.Random) -> None:
    """Under load; the events of a shard go on in another partition, and those of both arrive mixed up."""
    bootstrap, names = platform.cluster.bootstrap, [TOPICS[domain] for domain in _SOURCES]
    for name in names:
        assert await topic.grow(bootstrap, name, SHARDS) < SHARDS
        await work.acknowledged(3)
    work.hurt_ended()
    for name in names:
        await eventually(lambda name=name: topic.is_used_beyond(bootstrap, name, PARTITIONS), within_s=60)  # type: ignore[misc]


@fault("every topic published twice", group="broker", touches=CONSUMER, smoke=True)
async def published_twice(platform: BreakablePlatform, work: Workload, rng: random.Random) -> None:
    """Append every record of every source a second time."""
    for domain in _SOURCES:
        held = await topic.records(platform.cluster.bootstrap, TOPICS[domain])
        await topic.append(platform.cluster.bootstrap, held)
        assert await topic.length(platform.cluster.bootstrap, TOPICS[domain]) >= 2 * len(held) > 0
    work.hurt_ended()
    await work.acknowledged(3)


@fault("records that are unreadable", group="broker", touches=CONSUMER)
async def unreadable_records(platform: BreakablePlatform, work: Workload, rng: random.Random) -> None:
    """Garbage on every partition, and copies of real events whose content was damaged under way."""
    bootstrap = platform.cluster.bootstrap
    heard = _complaints(platform)
    real = [r for r in await topic.records(bootstrap, TOPICS["screening"]) if r.key is not None]
    async with topic.producing(bootstrap) as producer:
        for domain in _SOURCES:
            for partition in range(PARTITIONS):
                await _write_garbage(producer, TOPICS[domain], partition)
        for record in rng.sample(real, min(20, len(real))):
            cut = (record.value or b"")[: rng.randint(0, 20)]
            await topic.write(producer, record.topic, record.partition, cut, record.headers, record.key)
    work.hurt_ended()

    async def complained() -> bool:
        return _complaints(platform) >= heard + len(_SOURCES) * PARTITIONS * len(_GARBAGE)

    await eventually(complained, within_s=60)
    await work.acknowledged(3)


@fault(
    "an event that cannot be applied is parked, and taken back",
    group="broker",
    touches=(*CONSUMER, "ilp_shared.db.transient"),
)
async def parked_and_unparked(platform: BreakablePlatform, work: Workload, rng: random.Random) -> None:
    """Only its own record waits, in order, until the cause is fixed and an operator says `unpark`."""
    person = await work.somebody()
    poison = work.drafts.screening(person)
    await platform.script("monitoring", _POISON.format(screening=poison.about))
    try:
        recorded = Recorded(poison.about, person)
        await work.client.send(poison)
        for _ in range(2):
            recorded.version = (await work.client.send(work.drafts.correction(recorded))).version or 0
        await eventually(lambda: _parked(platform, 3), within_s=60)
        await work.acknowledged(3)
        await platform.positions.applied_everywhere()
        assert await _unpark(platform) == (1, "applied 0, still parked 3")
    finally:
        await platform.script("monitoring", _ANTIDOTE)
    work.hurt_ended()
    assert await _unpark(platform) == (0, "applied 3, still parked 0")


async def _write_garbage(producer: AIOKafkaProducer, name: str, partition: int) -> None:
    for value, headers in _GARBAGE:
        await topic.write(producer, name, partition, value, headers)


def _complaints(platform: BreakablePlatform) -> int:
    """Return how often monitoring's worker, which reads every source, has said that it cannot read a record."""
    return (platform.data / "logs" / "monitoring-worker.log").read_text().count('"unreadable_record"')


async def _parked(platform: BreakablePlatform, number: int) -> bool:
    return await platform.count("monitoring", "parked") == number


async def _unpark(platform: BreakablePlatform) -> tuple[int, str]:
    """Exit code and last line of the command; before it stand the log's lines."""
    code, said = await platform.command(_MONITORING, "unpark")
    return code, said.splitlines()[-1]


async def _undelivered(platform: BreakablePlatform) -> int:
    """Count the archived events of screening that Kafka has not acknowledged."""
    (row,) = await platform.rows(
        "screening",
        "SELECT (SELECT count(*) FROM event_log WHERE sequence IS NULL)"
        " + (SELECT coalesce(sum(assigned - published), 0) FROM relay_shard) AS waiting",
    )
    return int(row["waiting"])
