"""The topics of the platform, made once and never shrunk; names and partitions come from the event catalogue.

Used by up.py and pytest fixtures on whichever Kafka was chosen.
"""

from __future__ import annotations

import asyncio
import logging

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import KafkaError

THREE_DAYS_MS = 3 * 24 * 3600 * 1000
ONE_HOUR_MS = 3600 * 1000


def topic_plan() -> dict[str, tuple[int, int]]:
    """Partitions and retention (ms) by topic name."""
    from ilp_shared.bus.catalog import PARTITIONS, REPLAY_TOPIC, TOPICS

    plan = dict.fromkeys(TOPICS.values(), (PARTITIONS, THREE_DAYS_MS))
    plan[REPLAY_TOPIC] = (1, ONE_HOUR_MS)
    return plan


async def ensure_topics(bootstrap: str, replication: int = 1) -> list[str]:
    """Creates the topics that are missing and returns their names; safe to repeat."""
    plan = topic_plan()
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    try:
        for _ in range(20):
            known = set(await admin.list_topics())
            missing = [name for name in plan if name not in known]
            if not missing:
                return []
            await admin.create_topics([_topic(name, *plan[name], replication) for name in missing])
            if plan.keys() <= set(await admin.list_topics()):
                return missing
            await asyncio.sleep(0.2)
        raise KafkaError("topics could not be created")
    finally:
        await admin.close()


def _topic(name: str, partitions: int, retention_ms: int, replication: int) -> NewTopic:
    settings = {"retention.ms": str(retention_ms), "cleanup.policy": "delete"}
    return NewTopic(name, partitions, replication, topic_configs=settings)


async def broker_answers(bootstrap: str) -> bool:
    """Whether a broker answers a metadata request now."""
    if not await _accepts(bootstrap.split(",")[0]):
        return False
    quiet = logging.getLogger("aiokafka")
    level = quiet.level
    quiet.setLevel(logging.CRITICAL)
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap, request_timeout_ms=5000)
    try:
        await admin.start()
        await admin.list_topics()
    except (KafkaError, OSError, TimeoutError):
        return False
    finally:
        await admin.close()
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
