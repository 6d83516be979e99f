"""A database restored to an older state: each command waits for its turn, what is lost is listed, all agree again."""

import json
import signal
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from uuid import uuid4

import pytest_asyncio
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType

from ilp_cluster_services.service import SERVICE as CLUSTER
from ilp_monitoring.service import SERVICE as MONITORING
from ilp_screening.service import SERVICE as SCREENING
from ilp_shared.bus.cluster import Cluster
from ilp_shared.bus.relay.log_check import last_in_log
from ilp_shared.operations.administration import administering
from ilp_shared.operations.topics import recreate
from ilp_shared.service import Service
from tests.bus.incident import BEFORE, LOST, WAITING, Incident, open_incident
from tests.service.cluster.builders import result
from tests.support.addresses import Address
from tests.support.commands import NO_KAFKA, read, run_command
from tests.support.databases import Databases, DatabaseUrls
from tests.support.waiting import eventually

LISTED = {
    "event_id",
    "type",
    "aggregate_id",
    "aggregate_version",
    "shard",
    "sequence",
    "occurred_at",
    "recorded_at",
    "area_code",
    "facility_id",
}
"""All that is listed of a lost event: whom to ask, and nothing of its content."""
_AGAIN_S = 1.5
"""Until a refused command is run again: each is a process of its own."""
_MADE = "topik dibuat baru / topic recreated: screening"
_TASKS = "SELECT screening_id, action, status, screening_version FROM task"


@pytest_asyncio.fixture(loop_scope="session")
async def incident(postgres_url: Address, cluster: Cluster, databases: Databases) -> AsyncIterator[Incident]:
    """Screening restored; cluster-services has seen everything."""
    async with open_incident(postgres_url, cluster, databases) as opened:
        yield opened


async def _forget(incident: Incident, service: Service, urls: DatabaseUrls) -> None:
    async def forgotten() -> bool:
        code, said = await incident.command(service, urls, "forget", "screening")
        assert code == 0 or "Kafka still counts a worker as alive" in said, said
        return code == 0

    assert await eventually(forgotten, within_s=60, every_s=_AGAIN_S)


async def _recover(incident: Incident, listing: Path, failpoint: str = "") -> str:
    """Recover, or be killed at a failpoint, when the lease of a killed part has run out; what the command said."""
    ended = -signal.SIGKILL if failpoint else 0

    async def done() -> list[str]:
        code, said = await incident.command(
            SCREENING, incident.before, "recover", str(listing), failpoint=failpoint and f"{failpoint}:kill:1"
        )
        assert code == ended or "a worker of screening is running" in said, said
        return [said] if code == ended else []

    (said,) = await eventually(done, within_s=90, every_s=_AGAIN_S)
    return said


async def test_each_command_refuses_until_its_turn(incident: Incident, tmp_path: Path) -> None:
    listing = tmp_path / "lost.jsonl"
    groups = ", ".join(incident.kafka.group(service.name) for service in (CLUSTER, MONITORING))

    async def recover() -> tuple[int, str]:
        return await incident.command(SCREENING, incident.before, "recover", str(listing))

    newest = incident.command(SCREENING, incident.now, "recover", str(listing))
    assert await _refusal(newest, "Kafka is not ahead of the archive: there is nothing to recover")
    async with incident.relay(incident.before) as relay:
        await eventually(lambda: _said(relay.refusal))
        assert await _refusal(recover(), "a worker of screening is running")
    async with incident.member(CLUSTER), incident.member(MONITORING):
        alive = await _until_refused(recover, "stop the workers of every service first")
        assert alive.endswith(groups)
    both = await _until_refused(recover, "first run `forget screening`")
    assert both.endswith(groups)
    other = incident.command(CLUSTER, incident.cluster, "forget", "monitoring")
    assert await _refusal(other, "cluster-services does not consume 'monitoring'; its sources: registry, screening")
    await _forget(incident, CLUSTER, incident.cluster)
    one = await _refusal(recover(), "first run `forget screening`")
    assert one.endswith(f": {incident.kafka.group('monitoring')}")
    await _forget(incident, MONITORING, incident.monitoring)
    async with incident.member(CLUSTER):
        pass
    assert await _until_refused(recover, "first run `forget screening`")
    await _forget(incident, CLUSTER, incident.cluster)

    assert not listing.exists()
    listing.write_text("an older list")
    assert await _refusal(recover(), f"{listing} exists: name another file, so that no list is lost")
    assert listing.read_text() == "an older list"
    assert sum((await last_in_log(incident.kafka, "screening")).values()) == BEFORE + len(incident.lost)


async def test_what_was_lost_is_listed_and_everybody_agrees_again(incident: Incident, tmp_path: Path) -> None:
    listing = tmp_path / "lost.jsonl"
    before = {tuple(row) for row in await read(CLUSTER, incident.cluster, _TASKS)}
    await _forget(incident, CLUSTER, incident.cluster)
    code, said = await incident.command(SCREENING, incident.before, "recover", str(listing))
    assert (code, said.splitlines()) == (
        0,
        [_MADE, f"peristiwa hilang, tercatat / lost events, listed: {len(incident.lost)} ({listing})"],
    )

    lines = [json.loads(line) for line in listing.read_text().splitlines()]
    assert [line["event_id"] for line in lines] == [str(event.event_id) for event in incident.lost]
    assert all(line.keys() == LISTED for line in lines)
    await incident.archive(incident.before, [incident.copied[1].recorded(result("R", "CONTROL", "REFER"))])
    await incident.delivered(incident.before)

    lost = {event.aggregate_id for event in incident.lost if event.aggregate_version == 1}
    tasks = {tuple(row) for row in await read(CLUSTER, incident.cluster, _TASKS)}
    known = {(one.screening_id, "CONTROL", "requested", 1) for one in incident.copied}
    known -= {(incident.copied[1].screening_id, "CONTROL", "requested", 1)}
    known |= {(incident.copied[1].screening_id, action, "requested", 2) for action in ("CONTROL", "REFER")}
    orphans = {(one, action, status, 0) for one, action, status, _ in before if one in lost}
    assert len(orphans) == LOST + 1
    assert tasks == known | orphans

    code, said = await incident.command(CLUSTER, incident.cluster, "orphans")
    listed_tasks = {(line["screening_id"], line["action"]) for line in map(json.loads, said.splitlines())}
    assert (code, listed_tasks) == (0, {(str(one), action) for one, action, *_ in orphans})
    assert await last_in_log(incident.kafka, "screening") == {
        row["shard"]: row["assigned"]
        for row in await read(SCREENING, incident.before, "SELECT shard, assigned FROM relay_shard")
    }


async def test_a_service_that_lost_nothing_but_a_sequence_recovers_too(
    postgres_url: Address, cluster: Cluster, databases: Databases, tmp_path: Path
) -> None:
    listing = tmp_path / "lost.jsonl"
    async with open_incident(postgres_url, cluster, databases, losing=False) as incident:
        async with incident.relay(incident.before) as relay:
            await eventually(lambda: _said(relay.refusal), within_s=60)
        await _forget(incident, CLUSTER, incident.cluster)

        await _recover(incident, listing)
        assert listing.read_bytes() == b""
        await incident.delivered(incident.before)
        tasks = {tuple(row) for row in await read(CLUSTER, incident.cluster, _TASKS)}
        assert tasks == {(one.screening_id, "CONTROL", "requested", 1) for one in incident.copied}


async def test_what_kafka_has_dropped_is_listed_by_its_sequence(incident: Incident, tmp_path: Path) -> None:
    listing = tmp_path / "lost.jsonl"
    async with administering(incident.kafka) as admin:
        await recreate(admin, incident.kafka.topic("screening"))
    async with incident.relay(incident.now):
        await eventually(lambda: _reached(incident, BEFORE + len(incident.lost)))

    code, said = await incident.command(SCREENING, incident.before, "recover", str(listing))
    assert (code, said.splitlines()) == (
        0,
        [
            _MADE,
            f"peristiwa hilang, tercatat / lost events, listed: 0 ({listing})",
            "tidak ada lagi di Kafka, hanya nomor urutnya / no longer in Kafka, only their sequences:"
            f" {WAITING + len(incident.lost)}",
        ],
    )
    (line,) = [json.loads(line) for line in listing.read_text().splitlines()]
    first, last = BEFORE - WAITING + 1, BEFORE + len(incident.lost)
    assert line == {"shard": line["shard"], "first": first, "last": last}


async def test_a_recovery_that_is_cut_is_carried_on(incident: Incident, tmp_path: Path) -> None:
    listing, topic = tmp_path / "lost.jsonl", incident.kafka.topic("screening")
    await _forget(incident, CLUSTER, incident.cluster)
    async with administering(incident.kafka) as admin:
        before = await _shape(admin, topic)
        await _recover(incident, listing, "topic.before_delete")
        written = listing.read_bytes()
        assert len(written.splitlines()) == len(incident.lost)
        assert await _reached(incident, BEFORE + len(incident.lost))

        await _recover(incident, listing, "topic.after_delete")  # the list may be there: it is this one
        await eventually(lambda: _listed(admin, topic, listed=False))
        await _recover(incident, listing, "topic.after_delete")  # nothing to delete any more
        await admin.create_topics([NewTopic(topic, 1, 1)])  # as a Kafka does that makes topics by itself
        await eventually(lambda: _listed(admin, topic))

        said = await _recover(incident, listing)
        assert said.splitlines()[0] == _MADE
        assert "the list was written by the run that was cut" in said
        assert listing.read_bytes() == written
        assert await _shape(admin, topic) == before
        assert [name for name in await admin.list_topics() if name.startswith(topic)] == [topic]
    await incident.delivered(incident.before)


async def test_an_operator_is_told_that_the_database_or_kafka_cannot_be_reached(
    cluster: Cluster, databases: Databases, tmp_path: Path
) -> None:
    listing, urls = str(tmp_path / "lost.jsonl"), await databases.create(SCREENING)
    nowhere = "postgresql://nobody@127.0.0.1:1/nothing"
    for arguments in (("recover", listing), ("forget", "registry")):
        for kafka, to, words in (
            (cluster, DatabaseUrls(nowhere, nowhere), "the database cannot be reached"),
            (NO_KAFKA, urls, "Kafka cannot answer now"),
        ):
            said = await _refusal(run_command(SCREENING, to, *arguments, cluster=kafka), words)
            (line,) = [line for line in said.splitlines() if "aiokafka" not in line]
            assert line.startswith(f"{arguments[0]}: ")


async def test_a_topic_made_anew_is_as_it_was(cluster: Cluster) -> None:
    topic = f"test-{uuid4()}"
    async with administering(cluster) as admin:
        await admin.create_topics([NewTopic(topic, 4, 1, topic_configs={"retention.ms": "86400001"})])
        await eventually(lambda: _listed(admin, topic))
        before = await _shape(admin, topic)
        await recreate(admin, topic)
        assert await _shape(admin, topic) == before
        assert len(before[0]) == 4
        assert "86400001" in str(before[1])
        await admin.delete_topics([topic])


async def test_screening_forgets_the_registry(cluster: Cluster, databases: Databases) -> None:
    urls = await databases.create(SCREENING)
    for statement in (
        "INSERT INTO facility_copy VALUES (gen_random_uuid(), 'posyandu', '13.76.01.1002', 'Asia/Jakarta', 1)",
        "INSERT INTO person_copy VALUES (gen_random_uuid(), 'female', now(), '13.76.01.1002', 1)",
        "UPDATE position SET last = 7",
    ):
        await read(SCREENING, urls, statement)

    code, said = await run_command(SCREENING, urls, "forget", "registry", cluster=cluster)
    assert (code, said) == (
        0,
        "dilupakan / forgotten: registry; worker akan meminta semuanya lagi setelah sumbernya pulih"
        " / the worker will ask for all of it again, once the source has recovered",
    )
    for table in ("facility_copy", "person_copy", "position WHERE last > 0"):
        assert await read(SCREENING, urls, f"SELECT 1 FROM {table}") == []


async def _refusal(outcome: Awaitable[tuple[int, str]], words: str) -> str:
    code, said = await outcome
    assert code == 1
    assert words in said
    return said


async def _until_refused(command: Callable[[], Awaitable[tuple[int, str]]], words: str) -> str:
    """Repeat a command that refuses until it refuses for this reason: a lease and a member live on a little."""

    async def refused() -> str:
        code, said = await command()
        assert code == 1
        return said if words in said else ""

    return await eventually(refused, within_s=60, every_s=_AGAIN_S)


async def _said(value: object) -> bool:
    return bool(value)


async def _reached(incident: Incident, number: int) -> bool:
    return sum((await last_in_log(incident.kafka, "screening")).values()) == number


async def _listed(admin: AIOKafkaAdminClient, topic: str, *, listed: bool = True) -> bool:
    return (topic in await admin.list_topics()) is listed


async def _shape(admin: AIOKafkaAdminClient, topic: str) -> tuple[list[int], list[object]]:
    """Copy of each partition, and the settings."""
    (described,) = await admin.describe_topics([topic])
    (answer,) = await admin.describe_configs([ConfigResource(ConfigResourceType.TOPIC, topic)])
    return [len(part["replicas"]) for part in described["partitions"]], sorted(answer.resources[0][4])
