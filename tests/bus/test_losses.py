"""Something was lost or taken away: events of the log, a lease, partitions, a transaction. Nothing else suffers."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from uuid import uuid4

from aiokafka import AIOKafkaConsumer
from aiokafka.coordinator.assignors.roundrobin import RoundRobinPartitionAssignor
from aiokafka.coordinator.protocol import ConsumerProtocolMemberAssignment

from ilp_shared.bus.archive import event_log
from ilp_shared.bus.clients import started
from ilp_shared.bus.cluster import Cluster
from ilp_shared.bus.contract.catalog import PARTITIONS
from tests.support.bus_pair import DOMAIN, SERVICE, BusPair, person_event
from tests.support.waiting import eventually


async def test_what_comes_after_a_loss_waits_for_what_is_missing(pair: BusPair) -> None:
    pair.start_relay()
    await pair.write_many(aggregates=10, versions=2)
    await eventually(pair.all_published)
    await pair.stop_all()
    await pair.recreate_topic()

    pair.start_relay()
    await pair.write_many(aggregates=10, versions=2)
    await eventually(pair.all_published)
    pair.start_consumer()
    await eventually(pair.all_applied, within_s=60)


async def test_a_relay_that_lost_its_lease_writes_nothing_more(pair: BusPair) -> None:
    relay = pair.start_relay()
    await pair.write_many(aggregates=5, versions=2)
    await eventually(pair.all_published)
    assert relay.leading

    # In one transaction another holder takes over and an event arrives: its notice wakes the old relay at once.
    async with pair.source.acquire() as conn, conn.transaction():
        await conn.execute(
            "UPDATE relay_lease SET holder = 'another', epoch = epoch + 1,"
            " expires_at = clock_timestamp() + interval '1 minute'"
        )
        await event_log.append(conn, [person_event(uuid4(), 1)])

    await eventually(lambda: _truth(not relay.leading))
    assert await pair.source.fetchval("SELECT count(*) FROM event_log WHERE sequence IS NULL") == 1
    assert await pair.source.fetchval("SELECT holder FROM relay_lease") == "another"


async def test_an_error_that_passes_parks_nothing(pair: BusPair) -> None:
    await pair.sink.execute(
        "CREATE SEQUENCE refused;"  # counts although the transaction rolls back
        "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM nextval('refused');"
        " RAISE EXCEPTION 'later' USING ERRCODE = 'serialization_failure'; END $$;"
        "CREATE TRIGGER refusing BEFORE INSERT ON seen FOR EACH ROW EXECUTE FUNCTION refuse();"
    )
    pair.start_relay()
    consumer = pair.start_consumer()
    await pair.write_many(aggregates=5, versions=2)
    await eventually(lambda: _refused(pair))
    assert await pair.sink.fetchval("SELECT max(last) FROM position") == 0

    await pair.sink.execute("DROP TRIGGER refusing ON seen")
    await eventually(pair.all_applied, within_s=60)
    assert (consumer.parked, await pair.sink.fetchval("SELECT count(*) FROM parked")) == (0, 0)


async def test_partitions_that_nobody_reads_are_taken_over(pair: BusPair) -> None:
    """Another member is alive and reads nothing: only joining again brings its partitions back."""
    async with _idle_member(pair.cluster) as met:
        pair.start_relay()
        pair.start_consumer()
        await pair.write_many(aggregates=5, versions=2)
        await eventually(pair.all_applied, within_s=90)
    assert len(met) == 2  # it had joined before, and joined again


@asynccontextmanager
async def _idle_member(cluster: Cluster) -> AsyncIterator[list[str]]:
    """Join the sink's group first and hold every partition unread until a second newcomer joins; yields who joined."""
    met: list[str] = []
    topic = cluster.topic(DOMAIN)

    class HoldsAll(RoundRobinPartitionAssignor):  # type: ignore[misc]  # aiokafka is not typed
        @classmethod
        def assign(cls, cluster: object, members: Mapping[str, object]) -> dict[str, ConsumerProtocolMemberAssignment]:
            met.extend(m for m in sorted(members) if not m.startswith("idle-") and m not in met)
            owner = next(m for m in sorted(members) if m.startswith("idle-")) if len(met) < 2 else met[-1]
            everything = [(topic, list(range(PARTITIONS)))]
            return {
                member: ConsumerProtocolMemberAssignment(cls.version, everything if member == owner else [], b"")
                for member in members
            }

    idle = AIOKafkaConsumer(
        topic,
        bootstrap_servers=cluster.bootstrap,
        client_id="idle",
        group_id=cluster.group(SERVICE),
        enable_auto_commit=False,
        partition_assignment_strategy=(HoldsAll,),
    )
    async with started(idle):
        await eventually(lambda: _truth(len(idle.assignment()) == PARTITIONS))
        yield met


async def _refused(pair: BusPair) -> bool:
    return bool(await pair.sink.fetchval("SELECT is_called FROM refused"))


async def _truth(value: bool) -> bool:
    return value
