"""Replay requests: a consumer asks the relays of its sources for missing events."""

import time
from collections.abc import Collection, Iterable, Mapping

import orjson
import structlog
from aiokafka import AIOKafkaProducer

from ilp_shared import metrics
from ilp_shared.bus.cluster import Cluster
from ilp_shared.bus.consume.positions import Shard
from ilp_shared.bus.kafka import counted_errors

log = structlog.get_logger()


class ReplayRequests:
    """Sends requests; repeats one only where nothing arrived for `ask_again_s`."""

    def __init__(self, producer: AIOKafkaProducer, cluster: Cluster) -> None:
        self._producer, self._cluster = producer, cluster
        self._asked: dict[Shard, tuple[int, float]] = {}

    async def ask(self, missing: Iterable[Shard], positions: Mapping[Shard, int]) -> None:
        """Request everything above the position of each shard that misses events."""
        now = time.monotonic()
        for shard in missing:
            after = positions[shard]
            asked_after, at = self._asked.get(shard, (-1, 0.0))
            if after > asked_after >= 0:
                self._asked[shard] = (after, now)  # the replay is under way
                continue
            if asked_after == after and now - at < self._cluster.waits.ask_again_s:
                continue
            self._asked[shard] = (after, now)
            request = {"domain": shard[0], "shard": shard[1], "after": after}
            with counted_errors("replay requests"):
                await self._producer.send_and_wait(self._cluster.replay_topic, orjson.dumps(request))
            metrics.REPLAY_REQUESTS.labels(shard[0]).inc()
            log.warning("replay_requested", **request)

    def settle(self, missing: Collection[Shard]) -> None:
        """Drop the requests of shards that miss nothing any more."""
        self._asked = {shard: asked for shard, asked in self._asked.items() if shard in missing}
