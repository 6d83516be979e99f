"""The consumer: Kafka records → projection, exactly once in effect.

Kafka offsets are committed for lag metrics only; the position in the projection's own database decides. A hole, or a
high-water mark above the position, makes the consumer request a replay from the source's relay.

It polls in portions. One for which the database is too slow is given back and polled again by halves, down to one
record, so that a slow machine only takes longer.
"""

import asyncio
import contextlib
import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict

import asyncpg
import structlog
from aiokafka import AIOKafkaConsumer, ConsumerRebalanceListener, ConsumerRecord, TopicPartition
from aiokafka.errors import KafkaError

from ilp_shared import metrics
from ilp_shared.bus.clients import started
from ilp_shared.bus.cluster import Cluster
from ilp_shared.bus.consume import parked, watchdog
from ilp_shared.bus.consume.applier import Applier, Projection, ProjectionRefuses
from ilp_shared.bus.consume.high_water_marks import HighWaterMarks, applied_through
from ilp_shared.bus.consume.positions import PositionMoved
from ilp_shared.bus.consume.replay_requests import ReplayRequests
from ilp_shared.bus.contract.catalog import PARTITIONS
from ilp_shared.bus.contract.envelope import Event, HighWaterMark, decode
from ilp_shared.bus.kafka import METADATA_AGE_MS, make_producer, shards_of
from ilp_shared.db.transient import is_statement_timeout, is_transient
from ilp_shared.text import Text

log = structlog.get_logger()

_FIRST_PORTION, _LARGEST_PORTION = 64, 2_000
_SLOW_PORTION_S = 2.0

Records = Sequence["ConsumerRecord[bytes, bytes]"]
Portion = Mapping[TopicPartition, Records]


class Stalled(Exception):  # noqa: N818 - a finding that ends the process
    """Partitions stay unread although their log grows, and joining the group again for `give_up_s` did not help."""


class Consumer(ConsumerRebalanceListener):  # type: ignore[misc]  # aiokafka is not typed
    """One member of a service's consumer group."""

    def __init__(
        self,
        pool: asyncpg.Pool,
        cluster: Cluster,
        *,
        service: str,
        sources: Sequence[str],
        projection: Projection,
    ) -> None:
        self._pool, self._cluster, self._waits = pool, cluster, cluster.waits
        self._group, self._sources = cluster.group(service), list(sources)
        self._domains = {cluster.topic(domain): domain for domain in sources}
        self._partitions = dict.fromkeys(sources, PARTITIONS)
        self._applier = Applier(pool, projection)
        self._marks = HighWaterMarks()
        self._portion = _FIRST_PORTION
        for domain in sources:
            metrics.CONTRADICTIONS.labels(domain)  # 0 from the start: an alert sees the first one
        self._stalled_since: float | None = None
        self.last_progress = time.monotonic()
        """Monotonic time, for the watchdog, of the last poll whose records were applied, given back or refused."""
        self.parked = 0
        self.refusal: str | None = None
        """Why the projection cannot continue; an operator has to act."""

    async def run(self) -> None:
        """Consume until cancelled; join again after client errors and stalls; raises Stalled."""
        while True:
            try:
                await self._consume()
            except PositionMoved:
                log.info("position_moved_by_another_member")
            except ProjectionRefuses as finding:
                await self._refused(str(finding))
            except Exception as error:
                if not isinstance(error, KafkaError) and not is_transient(error):
                    raise
                log.warning("consumer_interrupted", reason=type(error).__name__)
            metrics.REJOINS.inc()
            await asyncio.sleep(self._waits.look_s)

    async def _refused(self, reason: str) -> None:
        """Log the reason once; stay out of the group, so that a member that can continue gets the partitions."""
        if self.refusal is None:
            log.critical("projection_refuses", reason=reason)
        self.refusal = reason
        self.last_progress = time.monotonic()
        await asyncio.sleep(self._waits.refused_s)

    def status(self) -> dict[str, object]:
        """Return what `/status` shows of the consumer; no lag until a mark of each source has been read."""
        lag = self.lag()
        return {
            "lag": sum(lag.values()) if lag.keys() >= set(self._sources) else None,
            "parked": self.parked,
            "refusal": self.refusal,
            "contradiction": self.contradiction and asdict(self.contradiction),
            "positions": sum(self._applier.positions.values()),
        }

    def lag(self) -> dict[str, int]:
        """Return, by source domain, how many published events are not applied here."""
        return self._marks.lag(self._applier.positions)

    @property
    def contradiction(self) -> Text | None:
        """Why the numbers may be wrong although events are applied; None while no contradiction is open."""
        return self._applier.contradictions.alarm

    async def unpark(self) -> tuple[int, int]:
        """Apply parked events again; return the numbers of applied and of still parked ones."""
        return await self._applier.unpark()

    async def on_partitions_revoked(self, revoked: Collection[TopicPartition]) -> None:
        """Do nothing: the positions are in the database."""

    async def on_partitions_assigned(self, assigned: Collection[TopicPartition]) -> None:
        """Read the positions again: other members have moved those of the partitions they had."""
        self._marks.forget()
        await self._applier.load_positions()

    async def _count_partitions(self, client: AIOKafkaConsumer) -> None:
        """Note how many partitions each topic has by now; expect those that came with a growth."""
        for topic, domain in self._domains.items():
            number = len(client.partitions_for_topic(topic) or ())
            if number and number != self._partitions[domain]:
                async with self._pool.acquire() as conn:
                    await watchdog.expect_partitions(conn, [domain], number)
                log.info("partitions_counted", domain=domain, before=self._partitions[domain], now=number)
                self._partitions[domain] = number

    async def _consume(self) -> None:
        async with self._pool.acquire() as conn:
            await watchdog.expect_partitions(conn, self._sources)
        client = AIOKafkaConsumer(
            **self._cluster.client(),
            group_id=self._group,
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            session_timeout_ms=_milliseconds(self._waits.session_s),
            heartbeat_interval_ms=_milliseconds(self._waits.heartbeat_s),
            max_poll_interval_ms=60_000,
            metadata_max_age_ms=METADATA_AGE_MS,
            fetch_max_wait_ms=100,
            retry_backoff_ms=300,
        )
        client.subscribe(list(self._domains), listener=self)
        producer = make_producer(self._cluster)
        async with started(client, producer):
            await self._poll(client, ReplayRequests(producer, self._cluster))

    async def _poll(self, client: AIOKafkaConsumer, requests: ReplayRequests) -> None:
        """Read and apply portions until the watchdog asks for a new client."""
        check_at = time.monotonic() + self._waits.stall_s
        while True:
            portion = await client.getmany(timeout_ms=500, max_records=self._portion)
            polled = time.monotonic()
            if portion:
                await self._count_partitions(client)
                await self._take(client, portion, requests)
                self._stalled_since = None
            self.last_progress = time.monotonic()
            if self.last_progress - polled > _SLOW_PORTION_S:  # partitions went unread because we were busy
                await self._touch(client.assignment())
                check_at = self.last_progress + self._waits.stall_s
            elif self.last_progress > check_at:
                check_at = self.last_progress + self._waits.stall_s / 3
                if await self._is_stalled():
                    return

    async def _take(self, client: AIOKafkaConsumer, portion: Portion, requests: ReplayRequests) -> None:
        """Apply what was polled and commit it, or give it back and let half as much be polled at once.

        The first portion is small, and portions double after one that was quick and mostly events: so none is far
        slower than those before it, on any machine. Raises the database's error for a single record that is too slow.
        """
        records = [record for part in portion.values() for record in part]
        start = time.monotonic()
        try:
            events = await self._handle(records, requests)
        except Exception as error:
            if len(records) == 1 or not is_statement_timeout(error):
                raise
            self._portion = len(records) // 2
            log.warning("portion_too_slow", records=len(records))
            for partition in portion.keys() & client.assignment():
                client.seek(partition, portion[partition][0].offset)
            return
        if 2 * events > self._portion and time.monotonic() - start < self._waits.statement_s / 3:
            self._portion = min(2 * self._portion, _LARGEST_PORTION)
        with contextlib.suppress(KafkaError):
            await client.commit()

    async def _touch(self, partitions: Collection[TopicPartition]) -> None:
        """Tell the other members that these partitions have a reader, who is busy."""
        reads = [(self._domains[each.topic], each.partition) for each in partitions]
        async with self._pool.acquire() as conn:
            await watchdog.touch(conn, reads)

    async def _handle(self, records: Records, requests: ReplayRequests) -> int:
        """Apply records, and request what is missing; returns how many of them are events."""
        events, marks = self._decoded(records)
        holes = await self._applier.apply(events)
        if events:
            self.refusal = None
        positions = self._applier.positions
        self._marks.note(marks.values())
        ends = {TopicPartition(record.topic, record.partition): record.offset + 1 for record in records}
        reads = [
            watchdog.PartitionRead(
                self._domains[tp.topic],
                tp.partition,
                end,
                applied_through(marks.get(tp), positions, self._shards_of(tp)),
            )
            for tp, end in ends.items()
        ]
        async with self._pool.acquire() as conn:
            await watchdog.note_reads(conn, reads)
            self.parked = await parked.count(conn)
            if self.contradiction is not None:  # another member may have settled it
                await self._applier.contradictions.load(conn)
        metrics.PARKED.set(self.parked)
        metrics.OPEN_CONTRADICTIONS.set(self._applier.contradictions.open)
        for domain, lag in self.lag().items():
            metrics.LAG.labels(domain).set(lag)
        missing = holes | self._marks.ahead_of(positions)
        undecided = self._applier.contradictions.undecided()
        requests.settle(missing | undecided.keys())
        await requests.ask(missing | undecided.keys(), positions | undecided)
        return len(events)

    def _decoded(self, records: Records) -> tuple[list[Event], dict[TopicPartition, HighWaterMark]]:
        """Return the events among records, and each partition's last high-water mark; log what is unreadable."""
        events: list[Event] = []
        marks: dict[TopicPartition, HighWaterMark] = {}
        for record in records:
            item = decode(record.headers, record.value, self._applier.handled_types, offset=record.offset)
            if isinstance(item, Event):
                events.append(item)
            elif isinstance(item, HighWaterMark):
                marks[TopicPartition(record.topic, record.partition)] = item
            else:
                log.error("unreadable_record", topic=record.topic, offset=record.offset, reason=item.reason)
        return events, marks

    def _shards_of(self, partition: TopicPartition) -> frozenset[int]:
        return shards_of(partition.partition, self._partitions[self._domains[partition.topic]])

    async def _is_stalled(self) -> bool:
        async with self._pool.acquire() as conn:
            stalled = await watchdog.find_stalled(conn, self._cluster, self._sources)
        if not stalled:
            return False
        log.warning("partitions_unread_joining_again", partitions=len(stalled))
        self._stalled_since = self._stalled_since or time.monotonic()
        if time.monotonic() - self._stalled_since > self._waits.give_up_s:
            raise Stalled
        return True


def _milliseconds(seconds: float) -> int:
    return int(seconds * 1000)
