"""The relay: one leader per service sends its archive to Kafka, in order, at least once.

Loop: in one transaction renew the lease, store what Kafka acknowledged, and give the next sequences; then send. The
next batch is taken while the last one is in flight. Consumers skip what they have applied, so sending again is safe and
repairs every loss: a replay request only moves the cursor back.
"""

import asyncio
import contextlib
import time
from datetime import datetime

import asyncpg
import structlog
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from ilp_shared import failpoints, metrics
from ilp_shared.bus.archive import outbox
from ilp_shared.bus.clients import started
from ilp_shared.bus.cluster import Cluster
from ilp_shared.bus.kafka import make_producer, send_events, send_marks
from ilp_shared.bus.relay.lease import Lease, LeaseLost
from ilp_shared.bus.relay.log_check import LogAhead, refuse_if_ahead
from ilp_shared.db.connection import Connection
from ilp_shared.db.transient import is_transient

log = structlog.get_logger()

_BATCH = 2_000
_PER_SHARD = 500
_SHARDS_BEHIND = 8
"""Shards replayed in one round, besides the new events of all others."""
CHANNEL = "event_log"
"""NOTIFY channel on which the archive's insert trigger wakes the relay."""

Rows = list[asyncpg.Record]


class Relay:
    """One candidate of a service's worker: leads, or waits to lead."""

    def __init__(self, pool: asyncpg.Pool, cluster: Cluster, domain: str) -> None:
        self._pool, self._cluster, self._domain = pool, cluster, domain
        self._topic, self._waits = cluster.topic(domain), cluster.waits
        self._lease = Lease(self._waits.lease_s)
        self._wake = asyncio.Event()
        self._assigned: dict[int, int] = {}
        self._published: dict[int, int] = {}
        self._cursor: dict[int, int] = {}
        self._rewinds: dict[int, int] = {}
        self._looked_at: datetime | None = None
        self._through: datetime | None = None
        self.last_progress = time.monotonic()
        """Monotonic time of the last round (leading, or trying to lead), for the watchdog."""
        self.leading = False
        self.compared = False
        """Whether log and archive were compared once since the start, or another relay was seen to keep the lease."""
        self.refusal: str | None = None
        self.unpublished = 0
        self.oldest_unpublished_s = 0.0

    async def run(self) -> None:
        """Lead whenever the lease is free, until cancelled."""
        while True:
            try:
                async with self._pool.acquire() as listener:
                    await listener.add_listener(CHANNEL, self._notified)
                    try:
                        while not listener.is_closed():
                            self.last_progress = time.monotonic()
                            await self._lead_if_free(listener)
                            await asyncio.sleep(self._waits.look_s)
                    finally:
                        if not listener.is_closed():
                            await listener.remove_listener(CHANNEL, self._notified)
            except Exception as error:
                if not isinstance(error, (LeaseLost, KafkaError)) and not is_transient(error):
                    raise
                log.warning("relay_interrupted", reason=type(error).__name__)
            finally:
                self._set_leading(False)
            await asyncio.sleep(self._waits.look_s)

    async def keep_measured(self) -> None:
        """Count what Kafka has not acknowledged, and its age, each beat until cancelled.

        Beside `run`: it goes on while Kafka does not answer, and while another relay leads.
        """
        while True:
            try:
                async with self._pool.acquire() as conn:
                    self.unpublished = await outbox.count_unpublished(conn)
                    self.oldest_unpublished_s = await outbox.oldest_unpublished_s(conn) if self.unpublished else 0.0
                metrics.UNPUBLISHED.set(self.unpublished)
                metrics.OLDEST_UNPUBLISHED.set(self.oldest_unpublished_s)
            except Exception as error:
                if not is_transient(error):
                    raise
                log.warning("unpublished_unknown", reason=type(error).__name__)
            await asyncio.sleep(self._waits.beat_s)

    def _notified(self, *_: object) -> None:
        self._wake.set()

    def request_replay(self, shard: int, after: int) -> None:
        """Send everything above `after` in this shard again; a relay that does not lead ignores it."""
        if self.leading and after < self._published.get(shard, 0):
            self._rewinds[shard] = min(after, self._rewinds.get(shard, after))
            self._wake.set()

    def status(self) -> dict[str, object]:
        """Return what `/status` shows of the relay."""
        return {
            "leader": self.leading,
            "unpublished": self.unpublished,
            "oldest_unpublished_s": round(self.oldest_unpublished_s, 1),
            "refusal": self.refusal,
            "epoch": self._lease.epoch,
        }

    async def _lead_if_free(self, listener: Connection) -> None:
        async with self._pool.acquire() as conn:
            if not await self._lease.acquire(conn):
                self.compared = self.compared or await self._lease.is_renewed_by_another(conn)
                return
            self._assigned, self._published = await outbox.read_shards(conn)
        try:
            await self._check_log()
        except LogAhead as finding:
            if self.refusal is None:
                log.critical("relay_refuses", reason=str(finding))
            self.refusal = str(finding)
            return
        except asyncio.CancelledError:  # the next worker, or a command, need not wait
            await self._release()
            raise
        self.compared = True
        producer = make_producer(self._cluster)
        try:
            async with started(producer):
                await self._lead(producer, listener)
        finally:
            await self._release()

    async def _lead(self, producer: AIOKafkaProducer, listener: Connection) -> None:
        """Send until the lease is lost or something fails."""
        self.refusal = None
        self._through = None
        self._cursor = dict(self._published)
        self._set_leading(True)
        companions = [asyncio.create_task(self._beat(producer, listener)), asyncio.create_task(self._pump(producer))]
        try:
            done, _ = await asyncio.wait(companions, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        finally:
            for task in companions:
                task.cancel()
            await asyncio.gather(*companions, return_exceptions=True)

    async def _check_log(self) -> None:
        """Raise LogAhead when Kafka is ahead of the archive; keep the lease meanwhile."""
        holding = asyncio.create_task(self._hold())
        try:
            await refuse_if_ahead(self._cluster, self._domain, self._assigned)
        finally:
            holding.cancel()
            await asyncio.gather(holding, return_exceptions=True)

    async def _hold(self) -> None:
        """Keep the lease while the log is checked; the first round that writes finds a lost one."""
        while True:
            await asyncio.sleep(self._waits.beat_s)
            self.last_progress = time.monotonic()
            async with self._pool.acquire() as conn:
                await self._lease.renew(conn)

    async def _pump(self, producer: AIOKafkaProducer) -> None:
        in_flight: asyncio.Task[None] | None = None
        acked: dict[int, int] = {}
        sending: dict[int, int] = {}
        try:
            while True:
                self._wake.clear()
                self.last_progress = time.monotonic()
                batch = await self._take(acked)
                acked = {}
                if in_flight is not None:
                    await in_flight
                    failpoints.hit("relay.after_send")
                    acked, in_flight = sending, None
                elif not batch:
                    self._through = self._looked_at
                if batch:
                    metrics.PUBLISHED.inc(len(batch))
                    metrics.RELAY_BATCH.observe(len(batch))
                    sending = {row["shard"]: row["sequence"] for row in batch}
                    in_flight = asyncio.create_task(send_events(producer, self._topic, batch))
                elif not acked:
                    with contextlib.suppress(TimeoutError):
                        # not wait_for: that of Python 3.11 may swallow a cancellation
                        async with asyncio.timeout(self._waits.beat_s):
                            await self._wake.wait()
        finally:
            if in_flight is not None:
                in_flight.cancel()
                await asyncio.gather(in_flight, return_exceptions=True)

    async def _take(self, acked: dict[int, int]) -> Rows:
        """Renew the lease, store `acked`, and return the next rows to send, in one transaction."""
        async with self._pool.acquire() as conn, conn.transaction():
            await self._lease.renew(conn)
            moved = {**acked, **self._rewinds}
            self._looked_at = self._lease.renewed_at  # the clock that dates events; that of this process may differ
            await outbox.mark_published(conn, moved)
            self._cursor.update(self._rewinds)
            self._rewinds = {}
            behind = [s for s, last in self._cursor.items() if last < self._assigned[s]][:_SHARDS_BEHIND]
            rows: Rows = await outbox.read_above(conn, {s: self._cursor[s] for s in behind}, _PER_SHARD)
            new = await outbox.assign(conn, _BATCH)
        self._published.update(moved)
        for row in new:
            if self._cursor[row["shard"]] == self._assigned[row["shard"]]:  # a shard behind sends it in its turn
                rows.append(row)
        for row in new:
            self._assigned[row["shard"]] = row["sequence"]
        for row in rows:
            self._cursor[row["shard"]] = row["sequence"]
        return rows

    async def _beat(self, producer: AIOKafkaProducer, listener: Connection) -> None:
        """Renew the lease and send high-water marks, each beat.

        Uses the LISTEN connection on purpose: this is the only statement that would notice that it has died.
        """
        while True:
            await self._lease.renew(listener)
            await send_marks(producer, self._topic, self._domain, self._published, self._through)
            await asyncio.sleep(self._waits.beat_s)

    async def _release(self) -> None:
        with contextlib.suppress(asyncpg.PostgresError, asyncpg.InterfaceError, OSError):
            async with self._pool.acquire() as conn:
                await self._lease.release(conn)

    def _set_leading(self, leading: bool) -> None:
        self.leading = leading
        metrics.RELAY_LEADER.set(int(leading))
