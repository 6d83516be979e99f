"""The server of replay requests: a request of a consumer moves the relay's cursor back."""

import asyncio
import contextlib

import orjson
import structlog
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError

from ilp_shared.bus.clients import started
from ilp_shared.bus.cluster import Cluster
from ilp_shared.bus.relay.relay import Relay

log = structlog.get_logger()


async def serve_replays(relay: Relay, cluster: Cluster, domain: str) -> None:
    """Serve requests until cancelled; a consumer repeats a request that was lost while no relay listened."""
    while True:
        client = AIOKafkaConsumer(**cluster.client(), enable_auto_commit=False, auto_offset_reset="latest")
        try:
            async with started(client):
                client.assign([TopicPartition(cluster.replay_topic, 0)])
                async for record in client:
                    with contextlib.suppress(ValueError, KeyError, TypeError):
                        request = orjson.loads(record.value or b"")
                        if request["domain"] == domain:
                            log.info("replay_accepted", shard=int(request["shard"]), after=int(request["after"]))
                            relay.request_replay(int(request["shard"]), int(request["after"]))
        except (KafkaError, OSError) as error:
            log.warning("replay_listener_interrupted", reason=type(error).__name__)
        await asyncio.sleep(cluster.waits.look_s)
