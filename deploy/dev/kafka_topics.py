"""The topics of the platform, created once and never shrunk; names and partitions come from the event catalogue.

Each partition has copies on three brokers where there are so many; two of them must have a record before it is
acknowledged. Records have the broker's time, because Kafka refuses those of a relay whose clock is an hour fast.
"""

from __future__ import annotations

import asyncio
import logging
from typing import Any

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import KafkaError

from ilp_shared.bus.clients import started

THREE_DAYS_MS = 3 * 24 * 3600 * 1000
ONE_HOUR_MS = 3600 * 1000
COPIES = 3


def topic_plan(prefix: str = "") -> dict[str, tuple[int, int]]:
    """Return partitions and retention (ms) by topic name."""
    from ilp_shared.bus.contract.catalog import PARTITIONS, REPLAY_TOPIC, TOPICS

    plan = {prefix + topic: (PARTITIONS, THREE_DAYS_MS) for topic in TOPICS.values()}
    plan[prefix + REPLAY_TOPIC] = (1, ONE_HOUR_MS)
    return plan


async def ensure_topics(bootstrap: str, prefix: str = "", **security: Any) -> list[str]:
    """Create the missing topics of the platform with this prefix; return their names. Safe to repeat.

    `security` are the options of a client for a cluster that asks who it is.
    """
    plan = topic_plan(prefix)
    created: set[str] = set()
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap, **security)
    async with started(admin):
        copies = min(COPIES, len((await admin.describe_cluster())["brokers"]))
        for _ in range(20):
            missing = plan.keys() - set(await admin.list_topics())
            if not missing:
                return sorted(created)
            created |= missing
            await admin.create_topics([_topic(name, *plan[name], copies) for name in missing])
            await asyncio.sleep(0.1)  # the broker lists a new topic a little later
        raise KafkaError("topics could not be created")


def settings_of_topic(retention_ms: int, copies: int) -> dict[str, str]:
    """Return the settings of a topic whose partitions have so many copies; the same in every cluster."""
    return {
        "retention.ms": str(retention_ms),
        "cleanup.policy": "delete",
        "message.timestamp.type": "LogAppendTime",
        "min.insync.replicas": str(max(1, copies - 1)),
    }


def _topic(name: str, partitions: int, retention_ms: int, copies: int) -> NewTopic:
    return NewTopic(name, partitions, copies, topic_configs=settings_of_topic(retention_ms, copies))


async def broker_answers(bootstrap: str, **security: Any) -> bool:
    """Tell whether a broker answers a metadata request now."""
    if not await _accepts(bootstrap.split(",")[0]):
        return False
    quiet = logging.getLogger("aiokafka")
    level = quiet.level
    quiet.setLevel(logging.CRITICAL)
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap, request_timeout_ms=5000, **security)
    try:
        async with started(admin):
            await admin.list_topics()
    except (KafkaError, OSError, TimeoutError):
        return False
    finally:
        quiet.setLevel(level)
    return True


async def _accepts(address: str) -> bool:
    host, _, port = address.rpartition(":")
    try:
        _, writer = await asyncio.wait_for(asyncio.open_connection(host, int(port)), 2)
    except (OSError, TimeoutError, ValueError):
        return False
    writer.close()
    return True
