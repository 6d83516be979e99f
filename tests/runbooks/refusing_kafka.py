"""Kafka out of reach of every client, or taking nothing: what is recorded waits in the archive."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from confluent_kafka.admin import AdminClient, AlterConfigOpType, ConfigEntry, ConfigResource, ResourceType

from tests.faults.platform import BreakablePlatform
from tests.runbooks.registering import registered
from tests.runbooks.scenario import Scenario, incident

WORKER = "registry-worker"
WAITING_S = 10.0
"""The alert rings after a minute; the proof of the page holds below ten seconds."""
_TOPIC = "ilp.registry.v1"
_LARGEST = "max.message.bytes"


@incident(
    Scenario(
        "IlpEventsUnpublished",
        WORKER,
        rings=lambda seen: max(seen.values("ilp_relay_oldest_unpublished_seconds")) >= WAITING_S,
        shows=(r'"unpublished":[1-9]', r"^ilp_relay_unpublished [1-9]", r"status"),
    ),
    Scenario(
        "IlpNoRelayLeads",
        WORKER,
        rings=lambda seen: max(seen.values("ilp_relay_leader")) < 1,
        shows=(r"unavailable", r"^ilp_relay_leader 0", r"\(1 row\)"),
    ),
)
@asynccontextmanager
async def kafka_refuses(platform: BreakablePlatform) -> AsyncIterator[None]:
    """Refuse every connection to the brokers; a worker that starts meanwhile does not lead."""
    for proxy in platform.broker_proxies:
        proxy.refuse()
    try:
        await registered(platform)
        await platform.restart_with(WORKER)
        yield
    finally:
        for proxy in platform.broker_proxies:
            proxy.heal()


@incident(
    Scenario(
        "IlpProduceErrors",
        WORKER,
        rings=lambda seen: sum(seen.values("ilp_kafka_produce_errors_total")) > 0,
        shows=(r"^ilp_kafka_produce_errors_total\{.*\} [1-9]", r'"unpublished":[1-9]', r"status"),
    )
)
@asynccontextmanager
async def topic_takes_nothing(platform: BreakablePlatform) -> AsyncIterator[None]:
    """Let a topic take no record, as it is when its settings are wrong."""
    await asyncio.to_thread(_limit, platform.cluster.bootstrap, AlterConfigOpType.SET)
    try:
        await registered(platform)
        yield
    finally:
        await asyncio.to_thread(_limit, platform.cluster.bootstrap, AlterConfigOpType.DELETE)


def _limit(bootstrap: str, operation: AlterConfigOpType) -> None:
    """Give the topic a limit of one byte for a record, or its own limit again."""
    entry = ConfigEntry(_LARGEST, "1", incremental_operation=operation)
    resource = ConfigResource(ResourceType.TOPIC, _TOPIC, incremental_configs=[entry])
    admin = AdminClient({"bootstrap.servers": bootstrap})
    (done,) = admin.incremental_alter_configs([resource]).values()
    done.result()
