"""Kafka that asks who a client is: each service does what is its own, and what is forged is refused.

What each service may do is written here once more, in words of the contract, and compared with what Kafka lets it do
under the access lists that are made from the `Service` objects.
"""

import asyncio
import os
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
import pytest_asyncio
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaConnectionError, TopicAuthorizationFailedError
from confluent_kafka import Consumer
from confluent_kafka import TopicPartition as Partition

from deploy.dev.config import cache_folder
from deploy.dev.kafka_topics import ensure_topics
from ilp_cluster_services.service import SERVICE as CLUSTER
from ilp_monitoring.service import SERVICE as MONITORING
from ilp_registry.service import SERVICE as REGISTRY
from ilp_screening.service import SERVICE as SCREENING
from ilp_shared.bus.clients import started
from ilp_shared.bus.cluster import Cluster
from ilp_shared.bus.kafka import make_producer
from ilp_shared.operations.administration import administering
from ilp_shared.operations.grants import grants_of
from ilp_shared.secrets import FileSecret
from ilp_shared.waits import Waits
from tests.service.monitoring.events import World
from tests.support.addresses import Address
from tests.support.bus_pair import SERVICE, open_bus_pair
from tests.support.certificates import Authority
from tests.support.forger import Refused, forge
from tests.support.secure_kafka import OPERATOR, SecureKafka, foreign
from tests.support.waiting import PATIENCE_S, eventually

SERVICES = (REGISTRY, SCREENING, CLUSTER, MONITORING)
REPLAY = "ilp.replay.v1"
WRITES = {
    "registry": {"ilp.registry.v1"},
    "screening": {"ilp.screening.v1", REPLAY},
    "cluster-services": {"ilp.cluster.v1", REPLAY},
    "monitoring": {"ilp.monitoring.v1", REPLAY},
}
READS = {
    "registry": {"ilp.registry.v1", REPLAY},
    "screening": {"ilp.registry.v1", "ilp.screening.v1", REPLAY},
    "cluster-services": {"ilp.registry.v1", "ilp.screening.v1", "ilp.cluster.v1", REPLAY},
    "monitoring": {"ilp.registry.v1", "ilp.screening.v1", "ilp.cluster.v1", "ilp.monitoring.v1", REPLAY},
}
TOPICS = sorted(READS["monitoring"])
_NO_GROUP = "GROUP_AUTHORIZATION_FAILED"
PLAIN = Cluster("", waits=Waits().scaled(0.5))


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def kafka(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[SecureKafka]:
    """Provide the broker with topics, and an account and a certificate for each service."""
    with TemporaryDirectory() as secrets:
        broker = SecureKafka(tmp_path_factory.mktemp("kafka"), cache_folder(os.environ), Path(secrets))
        await broker.start()
        try:
            operator = broker.certified(PLAIN, OPERATOR)
            await ensure_topics(operator.bootstrap, **operator.security.options())
            for service in SERVICES:
                await broker.grant(service.name, grants_of(service, PLAIN))
            yield broker
        finally:
            await broker.stop()


async def may_write(cluster: Cluster, topic: str) -> bool:
    """Tell whether Kafka takes a record from this account."""
    producer = make_producer(cluster)
    async with started(producer):
        try:
            await producer.send_and_wait(topic, b"{}", partition=0)
        except TopicAuthorizationFailedError:
            return False
    return True


async def first_answer(cluster: Cluster, topic: str, group: str | None = None) -> str:
    """Return what Kafka answers a reader of a topic, alone or in a group: `record`, or the name of a refusal."""
    settings = {"group.id": group or "alone", "enable.auto.commit": False, "auto.offset.reset": "earliest"}
    client = Consumer({"bootstrap.servers": cluster.bootstrap, **foreign(cluster), **settings})
    refusal = (await asyncio.to_thread(client.list_topics, topic, PATIENCE_S)).topics[topic].error
    if refusal is not None:  # it would wait for ever for a topic that it may not know
        await asyncio.to_thread(client.close)
        return str(refusal.name())
    if group is None:
        client.assign([Partition(topic, 0, 0)])
    else:
        client.subscribe([topic])
    ignored = {_NO_GROUP} if group is None else set()  # librdkafka knocks there even for a reader that is alone
    while True:
        answer = await asyncio.to_thread(client.poll, PATIENCE_S)
        assert answer is not None
        error = answer.error()
        name = "record" if error is None else str(error.name())
        if name not in ignored:
            await asyncio.to_thread(client.close)
            return name


async def may_read(cluster: Cluster, topic: str) -> bool:
    """Tell whether Kafka gives this account the first record of a topic."""
    answer = await first_answer(cluster, topic)
    assert answer in ("record", "TOPIC_AUTHORIZATION_FAILED")
    return answer == "record"


async def test_each_service_may_do_what_is_its_own_and_nothing_else(kafka: SecureKafka) -> None:
    operator = kafka.certified(PLAIN, OPERATOR)
    for topic in TOPICS:
        assert await may_write(operator, topic)
    for service in SERVICES:
        account = await kafka.account(PLAIN, service.name)
        certified = kafka.certified(PLAIN, service.name)
        assert {topic for topic in TOPICS if await may_write(account, topic)} == WRITES[service.name]
        assert {topic for topic in TOPICS if await may_read(account, topic)} == READS[service.name]
        assert {topic for topic in TOPICS if await may_write(certified, topic)} == WRITES[service.name]
        assert {topic for topic in TOPICS if await may_read(certified, topic)} == READS[service.name]


async def test_no_service_takes_part_in_the_group_of_another(kafka: SecureKafka) -> None:
    account, topic = await kafka.account(PLAIN, SCREENING.name), "ilp.registry.v1"
    assert await may_write(await kafka.account(PLAIN, REGISTRY.name), topic)
    assert await first_answer(account, topic, PLAIN.group(SCREENING.name)) == "record"
    assert await first_answer(account, topic, PLAIN.group(MONITORING.name)) == _NO_GROUP


async def test_a_forged_record_is_refused(kafka: SecureKafka) -> None:
    forged = World().posyandu("Karangan", "13.76.01.1002")
    operator = kafka.certified(PLAIN, OPERATOR)
    before = await ends(operator)
    accounts = [await kafka.account(PLAIN, service.name) for service in (SCREENING, CLUSTER, MONITORING)]
    accounts += [kafka.certified(PLAIN, service.name) for service in (SCREENING, CLUSTER, MONITORING)]
    for one in accounts:
        with pytest.raises(Refused, match="TOPIC_AUTHORIZATION_FAILED"):
            await forge(one, forged, 1, account=foreign(one))
    stranger = await kafka.account(PLAIN, "stranger")
    with pytest.raises(Refused, match="TOPIC_AUTHORIZATION_FAILED"):
        await forge(stranger, forged, 1, account=foreign(stranger))
    for door in (kafka.line.address, operator.bootstrap):
        anonymous = {"security.protocol": "ssl", "ssl.ca.location": str(kafka.authority.file)}
        for credentials in ({}, anonymous):
            account = {"message.timeout.ms": "3000", **credentials}
            with pytest.raises(Refused, match="_MSG_TIMED_OUT"):
                await forge(replace(PLAIN, bootstrap=door), forged, 1, account=account)
    assert await ends(operator) == before
    registry = await kafka.account(PLAIN, REGISTRY.name)
    await forge(registry, forged, 1, account=foreign(registry))
    assert await ends(operator) == before + 1


async def ends(cluster: Cluster) -> int:
    """Return how many records the registry's topic has had."""
    client = AIOKafkaConsumer(**cluster.client())
    async with started(client):
        return sum((await client.end_offsets([TopicPartition("ilp.registry.v1", p) for p in range(6)])).values())


async def test_a_client_trusts_no_other_authority_and_no_other_host(kafka: SecureKafka) -> None:
    account = await kafka.account(PLAIN, REGISTRY.name)
    other = replace(account.security, ca=Authority.beside(kafka.authority).file)
    by_name = account.bootstrap.replace("127.0.0.1", "localhost")
    for wrong in (replace(account, security=other), replace(account, bootstrap=by_name)):
        with pytest.raises(KafkaConnectionError):
            async with administering(wrong):
                pass
    async with administering(account) as admin:
        assert set(await admin.list_topics()) == READS[REGISTRY.name]


async def test_events_pass_both_doors_and_survive_a_new_password(kafka: SecureKafka, postgres_url: Address) -> None:
    account = await kafka.account(PLAIN, REGISTRY.name)
    await kafka.grant(SERVICE, grants_of(replace(SCREENING, name=SERVICE), PLAIN))
    with TemporaryDirectory() as folder:
        file = Path(folder) / "password"
        assert account.security.password is not None
        file.write_text(account.security.password.get_secret_value())
        password = FileSecret(file, file.read_text())
        async with open_bus_pair(postgres_url, kafka.certified(PLAIN, OPERATOR)) as pair:
            pair.cluster = replace(account, security=replace(account.security, password=password))
            pair.start_relay()
            pair.cluster = kafka.certified(PLAIN, SERVICE)
            consumer = pair.start_consumer()
            await pair.write_many(aggregates=5, versions=2)
            await eventually(pair.all_applied, within_s=PATIENCE_S)
            await kafka.set_password(REGISTRY.name, "another password")
            file.write_text("another password")
            kafka.line.cut()
            await pair.write_many(aggregates=5, versions=2)
            await eventually(pair.all_applied, within_s=PATIENCE_S)
            assert consumer.parked == 0
