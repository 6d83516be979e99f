"""The consumer: Kafka records → projection, exactly once in effect.

Kafka offsets are committed for lag metrics only; truth is the position in the projection's own database. A hole,
or a head above the position, makes it ask the source's relay for a replay.
"""

import asyncio
import contextlib
import time
from collections.abc import Sequence

import asyncpg
import orjson
import structlog
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, ConsumerRecord, TopicPartition
from aiokafka.errors import KafkaError

from ilp_shared import metrics
from ilp_shared.bus import parked, watchdog
from ilp_shared.bus.applier import Applier, Projection
from ilp_shared.bus.catalog import REPLAY_TOPIC, TOPICS
from ilp_shared.bus.envelope import Event, Head, decode
from ilp_shared.bus.kafka import make_producer
from ilp_shared.bus.positions import PositionMoved, Shard
from ilp_shared.db.transient import is_transient

log = structlog.get_logger()

_BATCH = 2_000
_REPLAY_EVERY_S = 5.0
_SLOW_BATCH_S = 2.0


class Consumer:
    """One member of a service's consumer group."""

    def __init__(
        self,
        pool: asyncpg.Pool,
        bootstrap: str,
        *,
        service: str,
        sources: Sequence[str],
        projection: Projection,
    ) -> None:
        self._pool, self._bootstrap, self._group = pool, bootstrap, f"ilp-{service}"
        self._topics = [TOPICS[domain] for domain in sources]
        self._applier = Applier(pool, projection)
        self._heads: dict[Shard, int] = {}
        self._asked: dict[Shard, float] = {}
        self._started = time.monotonic()
        self.last_progress = time.monotonic()
        """Monotonic time of the last poll that went through; the worker's watchdog reads it."""
        self.parked = 0

    async def run(self) -> None:
        """Consume until cancelled; joins anew after client errors and when the watchdog says so."""
        while True:
            try:
                await self._applier.load_positions()
                await self._consume()
            except PositionMoved:
                log.info("position_moved_by_another_member")
            except (KafkaError, asyncpg.PostgresError, asyncpg.InterfaceError, OSError) as error:
                if isinstance(error, asyncpg.PostgresError) and not is_transient(error):
                    raise
                log.warning("consumer_interrupted", reason=type(error).__name__)
            metrics.REJOINS.inc()
            await asyncio.sleep(0.5)

    def status(self) -> dict[str, object]:
        """Return what `/status` shows of the consumer."""
        return {
            "lag": sum(self.lag().values()),
            "parked": self.parked,
            "positions": sum(self._applier.positions.values()),
        }

    async def unpark(self) -> tuple[int, int]:
        """Apply parked events again; returns (applied, still parked)."""
        return await self._applier.unpark()

    def lag(self) -> dict[str, int]:
        """Return, by source domain, how many published events are not applied here."""
        lag: dict[str, int] = {}
        for shard, head in self._heads.items():
            lag[shard[0]] = lag.get(shard[0], 0) + max(0, head - self._applier.positions.get(shard, 0))
        return lag

    async def _consume(self) -> None:
        client = AIOKafkaConsumer(
            *self._topics,
            bootstrap_servers=self._bootstrap,
            group_id=self._group,
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            session_timeout_ms=10_000,
            heartbeat_interval_ms=2_000,
            max_poll_interval_ms=60_000,
            metadata_max_age_ms=5_000,
            fetch_max_wait_ms=100,
            retry_backoff_ms=300,
        )
        producer = make_producer(self._bootstrap)
        try:
            await client.start()
            await producer.start()
            check_at = time.monotonic() + watchdog.STALL_S
            while True:
                batch = await client.getmany(timeout_ms=500, max_records=_BATCH)
                polled = time.monotonic()
                if batch:
                    await self._handle(producer, batch)
                    with contextlib.suppress(KafkaError):
                        await client.commit()
                self.last_progress = time.monotonic()
                if self.last_progress - polled > _SLOW_BATCH_S:  # partitions went unread because we were busy
                    check_at = self.last_progress + watchdog.STALL_S
                elif self.last_progress > check_at:
                    check_at = self.last_progress + watchdog.STALL_S / 3
                    if await self._stalled():
                        return
        finally:
            await asyncio.gather(client.stop(), producer.stop(), return_exceptions=True)

    async def _handle(
        self, producer: AIOKafkaProducer, batch: dict[TopicPartition, list[ConsumerRecord[bytes, bytes]]]
    ) -> None:
        events: list[Event] = []
        for records in batch.values():
            for record in records:
                item = decode(record.headers, record.value, self._applier.handled_types)
                if isinstance(item, Event):
                    events.append(item)
                elif isinstance(item, Head):
                    self._heads.update({(item.domain, shard): last for shard, last in item.published.items()})
                else:
                    log.error("unreadable_record", topic=record.topic, offset=record.offset, reason=item.reason)
        holes = await self._applier.apply(events)
        holes |= {s for s, head in self._heads.items() if head > self._applier.positions.get(s, head)}
        async with self._pool.acquire() as conn:
            await watchdog.note_seen(conn, {tp: records[-1].offset + 1 for tp, records in batch.items()})
            self.parked = await parked.count(conn)
        metrics.PARKED.set(self.parked)
        for domain, lag in self.lag().items():
            metrics.LAG.labels(domain).set(lag)
        await self._ask_for_replay(producer, holes)

    async def _ask_for_replay(self, producer: AIOKafkaProducer, holes: set[Shard]) -> None:
        now = time.monotonic()
        for shard in holes:
            if now - self._asked.get(shard, -_REPLAY_EVERY_S) < _REPLAY_EVERY_S:
                continue
            self._asked[shard] = now
            after = self._applier.positions[shard]
            request = {"domain": shard[0], "shard": shard[1], "after": after}
            await producer.send_and_wait(REPLAY_TOPIC, orjson.dumps(request))
            metrics.REPLAY_REQUESTS.labels(shard[0]).inc()
            log.warning("replay_requested", domain=shard[0], shard=shard[1], after=after)

    async def _stalled(self) -> bool:
        async with self._pool.acquire() as conn:
            stalled = await watchdog.find_stalled(conn, self._bootstrap, self._topics)
        if stalled:
            log.warning("partitions_unread_joining_anew", partitions=len(stalled))
        return bool(stalled)
