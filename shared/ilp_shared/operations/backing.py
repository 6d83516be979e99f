"""What `profile=production` refuses of the servers that a process needs: database, Kafka's topics, open files."""

import resource
from collections.abc import AsyncIterator, Iterator, Mapping
from typing import Final

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType

from ilp_shared.bus.cluster import Cluster
from ilp_shared.bus.contract.catalog import PARTITIONS
from ilp_shared.db.address import connect
from ilp_shared.db.server import clock_difference_s, is_durable
from ilp_shared.operations.administration import administering
from ilp_shared.operations.production import Fault
from ilp_shared.service import Service
from ilp_shared.settings import ServiceSettings
from ilp_shared.text import Text

HOUR_MS: Final = 3_600_000
KEPT_MS: Final = 72 * HOUR_MS
"""Kafka keeps events for at least so long: a consumer that was down over a weekend needs no replay."""
COPIES: Final = 3
_SKEW_S: Final = 2.0
_FSYNC = Text("fsync mati: yang dijawab tersimpan bisa hilang", "fsync is off: what was answered as stored may be lost")
_CLOCK = Text(
    "jamnya berbeda lebih dari 2 detik dari jam proses ini: perbaiki NTP",
    "its clock differs by more than 2 seconds from that of this process: correct NTP",
)
_FILES = Text(
    "batas berkas terbuka (nofile) {limit}, perlu {needed}",
    "the limit of open files (nofile) is {limit}, needs {needed}",
)
_MISSING = Text("topik ini tidak ada", "there is no such topic")
_FEW = Text("punya {number} partisi, perlu {needed}", "has {number} partitions, needs {needed}")
_RETENTION = Text("retention.ms {value}, perlu sedikitnya {needed}", "retention.ms is {value}, needs {needed} at least")
_STAMPS = Text("message.timestamp.type harus LogAppendTime", "message.timestamp.type must be LogAppendTime")
_CLEANUP = Text("cleanup.policy harus delete", "cleanup.policy must be delete")
_IN_SYNC = Text("min.insync.replicas harus 2 untuk tiga salinan", "min.insync.replicas must be 2 for three copies")


def allow_files(settings: ServiceSettings) -> None:
    """Raise this process's own limit of open files to what it needs, as far as the machine lets it: a pod cannot."""
    limit, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    if resource.RLIM_INFINITY != limit < settings.needed_files:
        allowed = settings.needed_files if most == resource.RLIM_INFINITY else min(settings.needed_files, most)
        resource.setrlimit(resource.RLIMIT_NOFILE, (allowed, most))


def file_faults(settings: ServiceSettings) -> Iterator[Fault]:
    """Yield the fault of a process that may open fewer files than its live screens need, and a fifth more."""
    limit, _hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    needed = settings.needed_files
    if resource.RLIM_INFINITY != limit < needed:
        yield Fault("nofile", _FILES.format(limit=limit, needed=needed))


async def database_faults(settings: ServiceSettings) -> AsyncIterator[Fault]:
    """Yield what is wrong with the database's server; raises what `db.address` knows when it cannot be asked."""
    conn = await connect(settings.database_url, timeout=settings.command_deadline_s)
    try:
        if not await is_durable(conn):
            yield Fault("PostgreSQL", _FSYNC)
        if await clock_difference_s(conn) > _SKEW_S:
            yield Fault("PostgreSQL", _CLOCK)
    finally:
        await conn.close()


async def topic_faults(service: Service, settings: ServiceSettings) -> AsyncIterator[Fault]:
    """Yield what is wrong with the topics that a service writes and reads; raises KafkaError or OSError."""
    cluster = Cluster.of(settings)
    async with administering(cluster) as admin:
        listed = set(await admin.list_topics())
        for domain in (service.domain, *service.sources):
            async for fault in _faults_of(admin, cluster.topic(domain), listed, settings.kafka_partitions, KEPT_MS):
                yield fault
        async for fault in _faults_of(admin, cluster.replay_topic, listed, 1, HOUR_MS):
            yield fault


async def _faults_of(
    admin: AIOKafkaAdminClient, topic: str, listed: set[str], partitions: int | None, least_ms: int
) -> AsyncIterator[Fault]:
    if topic not in listed:
        yield Fault(topic, _MISSING)
        return
    (described,) = await admin.describe_topics([topic])
    number, copies = len(described["partitions"]), len(described["partitions"][0]["replicas"])
    if number != partitions if partitions else number < PARTITIONS:
        yield Fault(topic, _FEW.format(number=number, needed=partitions or f"≥ {PARTITIONS}"))
    for fault in wrong_settings(topic, await _settings_of(admin, topic), copies, least_ms):
        yield fault


async def _settings_of(admin: AIOKafkaAdminClient, topic: str) -> Mapping[str, str]:
    (answer,) = await admin.describe_configs([ConfigResource(ConfigResourceType.TOPIC, topic)])
    return {name: value for name, value, *_ in answer.resources[0][4]}


def wrong_settings(topic: str, values: Mapping[str, str], copies: int, least_ms: int) -> Iterator[Fault]:
    """Yield the settings of a topic that lose events, or refuse those of a clock that is fast. Pure."""
    retention_ms = int(values["retention.ms"])
    if 0 <= retention_ms < least_ms:
        yield Fault(topic, _RETENTION.format(value=retention_ms, needed=least_ms))
    if values["message.timestamp.type"] != "LogAppendTime":
        yield Fault(topic, _STAMPS)
    if values["cleanup.policy"] != "delete":
        yield Fault(topic, _CLEANUP)
    if copies >= COPIES and int(values["min.insync.replicas"]) < COPIES - 1:
        yield Fault(topic, _IN_SYNC)
