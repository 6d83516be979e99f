"""Wakes the subscription hubs of this process when numbers change: by LISTEN, and by a query each second as backup.

Every failure of the query is retried. While the database cannot be read, streams are ended, so that a stale screen is
not mistaken for an unchanged one.
"""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from datetime import datetime

import structlog
from prometheus_client import Gauge

from ilp_monitoring.live.connection_slots import ConnectionSlots
from ilp_monitoring.live.hub import ChangeTraces, SubscriptionHub
from ilp_monitoring.live.repository import EVERY_MONTH, progress_since
from ilp_monitoring.live.stream import Stream
from ilp_monitoring.settings import MonitoringSettings
from ilp_monitoring.situations.schemas import SituationKey
from ilp_shared.db.connection import Connection
from ilp_shared.http.resources import Resources
from ilp_shared.problems import Unavailable
from ilp_shared.text import Text

log = structlog.get_logger()
LAST_LOOK = Gauge("ilp_live_last_look_timestamp_seconds", "When live screens last saw the database (Unix time)")
_FASTEST_S = 0.25
_PATCHES_PER_S = 2_000
"""The most that one process sends, to all its clients together."""
_POLL_S = 1.0
_QUERY_TIMEOUT_S = 10.0
_LONGEST_PAUSE_S = 8.0
_NOT_NOW = Text(
    "Perubahan langsung sedang tidak dapat dikirim; angka terakhir tetap dapat dibaca.",
    "Live changes cannot be sent now; the last numbers can still be read.",
)


class Broadcaster:
    """The subscription hubs of one process."""

    def __init__(self, resources: Resources, settings: MonitoringSettings) -> None:
        self._resources = resources
        self._silence_s = settings.live_silence_s
        self._slots = ConnectionSlots(settings.live_max_streams, settings.live_max_streams_of_one)
        self._hubs: dict[SituationKey, tuple[SubscriptionHub, asyncio.Task[None]]] = {}
        self._wake = asyncio.Event()
        self._traces = ChangeTraces()
        self._sequence: int | None = None
        self._last_query = time.monotonic()
        self._failures = 0
        self.checked_at: datetime | None = None

    async def run(self) -> None:
        """Listen until cancelled, whatever happens to the database."""
        while True:
            try:
                async with self._resources.database.pool.acquire(timeout=_QUERY_TIMEOUT_S) as conn:
                    await self._listen(conn)
            except Exception as error:
                log.warning("listening_interrupted", reason=type(error).__name__)
            self._failures += 1
            await asyncio.sleep(min(_POLL_S * 2 ** min(self._failures - 1, 8), _LONGEST_PAUSE_S))

    async def end_when_draining(self) -> None:
        """End every stream once the process is asked to stop."""
        await self._resources.draining.wait()
        self._end_streams("draining")

    async def end_when_silent(self) -> None:
        """End every stream while the database cannot be read, until cancelled."""
        while True:
            await asyncio.sleep(_POLL_S)
            if self._silent and self._slots.taken:
                log.warning("streams_ended_in_silence", streams=self._slots.taken)
                self._end_streams("silence")

    @asynccontextmanager
    async def watch(
        self, account: str, key: SituationKey, codes: Iterable[str]
    ) -> AsyncIterator[tuple[SubscriptionHub, Stream]]:
        """Attach a client to the hub of a situation; `codes` are the areas whose numbers it shows or may come to show.

        Raises Unavailable while the database cannot be read or no slot is left, TooMany when the account has all
        that it may.
        """
        if self._resources.draining.is_set() or self._silent:
            raise Unavailable(_NOT_NOW, retry_after_s=2)
        with self._slots.take(account):
            async with self._attached(key, codes) as attached:
                yield attached

    @asynccontextmanager
    async def _attached(self, key: SituationKey, codes: Iterable[str]) -> AsyncIterator[tuple[SubscriptionHub, Stream]]:
        if key not in self._hubs:
            hub = SubscriptionHub(self._resources.database, key, codes, self._traces)
            self._hubs[key] = hub, asyncio.create_task(hub.run())
        hub, task = self._hubs[key]
        stream = Stream(key.period, closed=task.done())
        hub.streams.add(stream)
        try:
            yield hub, stream
        finally:
            hub.streams.discard(stream)
            if not hub.streams:
                task.cancel()
                self._hubs.pop(key, None)

    @property
    def pace_s(self) -> float:
        """Seconds between two patches to one client: a quarter of one, longer where many are served."""
        return max(_FASTEST_S, self._slots.taken / _PATCHES_PER_S)

    @property
    def _silent(self) -> bool:
        return time.monotonic() - self._last_query > self._silence_s

    def _end_streams(self, reason: str) -> None:
        for hub, _ in self._hubs.values():
            for stream in hub.streams:
                stream.close(reason)

    async def _listen(self, conn: Connection) -> None:
        def wake(_conn: object, _pid: int, _channel: str, notice: object) -> None:
            sequence, _, traceparent = str(notice).partition(" ")
            if traceparent:
                self._traces.note(int(sequence), traceparent)
            self._wake.set()

        try:
            await conn.add_listener("situation", wake)
            while True:
                async with asyncio.timeout(_QUERY_TIMEOUT_S):
                    await self._query(conn)
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(_POLL_S):  # wait_for of Python 3.11 may swallow a cancellation
                        await self._wake.wait()
                self._wake.clear()
        finally:
            conn.terminate()  # it listens, and may not answer any more: the pool opens another

    async def _query(self, conn: Connection) -> None:
        first = self._sequence is None
        progress = await progress_since(conn, self._sequence)
        self._sequence, self.checked_at = progress.sequence, progress.checked_at
        self._last_query, self._failures = time.monotonic(), 0
        LAST_LOOK.set_to_current_time()
        for key, (hub, _) in self._hubs.items():
            months = (*key.months, EVERY_MONTH)
            if first or any(area in hub.codes and period in months for area, period in progress.changes):
                hub.dirty.set()
        if not first and not progress.unbroken:
            self._end_streams("gap")  # clients come back, and their resume is answered with a reload


@asynccontextmanager
async def open_broadcaster(resources: Resources) -> AsyncIterator[None]:
    """Run a broadcaster while the app lives."""
    settings = resources.settings
    assert isinstance(settings, MonitoringSettings)  # noqa: S101 - narrows for the type checker
    broadcaster = Broadcaster(resources, settings)
    resources.parts[Broadcaster] = broadcaster
    works = broadcaster.run(), broadcaster.end_when_draining(), broadcaster.end_when_silent()
    tasks = [asyncio.create_task(work) for work in works]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
