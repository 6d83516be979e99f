"""Replay requests: consumers ask for what they miss, and each relay listens for what is asked of it."""

import asyncio
import contextlib
import time
from collections.abc import Collection, Iterable, Mapping

import orjson
import structlog
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.errors import KafkaError

from ilp_shared import metrics
from ilp_shared.bus.catalog import REPLAY_TOPIC
from ilp_shared.bus.positions import Shard
from ilp_shared.bus.relay import Relay

log = structlog.get_logger()
_ASK_AGAIN_S = 5.0


class ReplayRequests:
    """Asks the relays of the sources for missing events; again only where nothing came for five seconds."""

    def __init__(self, producer: AIOKafkaProducer) -> None:
        self._producer = producer
        self._asked: dict[Shard, tuple[int, float]] = {}

    async def ask(self, missing: Iterable[Shard], positions: Mapping[Shard, int]) -> None:
        """Ask for everything above the position of each shard that misses something."""
        now = time.monotonic()
        for shard in missing:
            after = positions[shard]
            asked_after, at = self._asked.get(shard, (-1, 0.0))
            if after > asked_after >= 0:
                self._asked[shard] = (after, now)  # the replay is under way
                continue
            if asked_after == after and now - at < _ASK_AGAIN_S:
                continue
            self._asked[shard] = (after, now)
            request = {"domain": shard[0], "shard": shard[1], "after": after}
            await self._producer.send_and_wait(REPLAY_TOPIC, orjson.dumps(request))
            metrics.REPLAY_REQUESTS.labels(shard[0]).inc()
            log.warning("replay_requested", **request)

    def settle(self, missing: Collection[Shard]) -> None:
        """Forget the requests of shards that miss nothing any more."""
        self._asked = {shard: asked for shard, asked in self._asked.items() if shard in missing}


async def serve_replays(relay: Relay, bootstrap: str, domain: str) -> None:
    """Read requests from now on, for ever; a request lost while nobody listened is asked again by its consumer."""
    while True:
        client = AIOKafkaConsumer(bootstrap_servers=bootstrap, enable_auto_commit=False, auto_offset_reset="latest")
        try:
            await client.start()
            client.assign([TopicPartition(REPLAY_TOPIC, 0)])
            async for record in client:
                with contextlib.suppress(ValueError, KeyError, TypeError):
                    request = orjson.loads(record.value or b"")
                    if request["domain"] == domain:
                        log.info("replay_accepted", shard=int(request["shard"]), after=int(request["after"]))
                        relay.request_replay(int(request["shard"]), int(request["after"]))
        except (KafkaError, OSError) as error:
            log.warning("replay_listener_interrupted", reason=type(error).__name__)
        finally:
            await client.stop()
        await asyncio.sleep(1.0)
