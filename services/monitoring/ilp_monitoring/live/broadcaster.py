"""Wakes the boards of this process when numbers change. One LISTEN connection, and a look each second as backup.

Opened with the app (`app.py`), found by routes with `resources.part(Broadcaster)`. Whatever stops it from looking is
tried again; while it cannot look, streams are ended, so that no screen takes its silence for calm.
"""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from datetime import datetime

import structlog
from prometheus_client import Gauge

from ilp_monitoring.live.board import Board, Subject
from ilp_monitoring.live.places import Places
from ilp_monitoring.live.repository import EVERY_MONTH, look
from ilp_monitoring.live.stream import Stream
from ilp_monitoring.settings import MonitoringSettings
from ilp_shared.db.connection import Connection
from ilp_shared.http.resources import Resources
from ilp_shared.problems import Unavailable
from ilp_shared.text import Text

log = structlog.get_logger()
LAST_LOOK = Gauge("ilp_live_last_look_timestamp_seconds", "When live screens last saw the database (Unix time)")
_FASTEST_S = 0.25
_PATCHES_PER_S = 2_000
"""What one process sends at most, to all its clients together."""
_POLL_S = 1.0
_LOOK_TIMEOUT_S = 10.0
_LONGEST_PAUSE_S = 8.0
_NOT_NOW = Text(
    "Perubahan langsung sedang tidak dapat dikirim; angka terakhir tetap dapat dibaca.",
    "Live changes cannot be sent now; the last numbers can still be read.",
)


class Broadcaster:
    """The boards of one process."""

    def __init__(self, resources: Resources, settings: MonitoringSettings) -> None:
        self._resources = resources
        self._silence_s = settings.live_silence_s
        self._places = Places(settings.live_max_streams, settings.live_max_streams_of_one)
        self._boards: dict[Subject, tuple[Board, asyncio.Task[None]]] = {}
        self._wake = asyncio.Event()
        self._known: int | None = None
        self._looked = time.monotonic()
        self._failures = 0
        self.checked_at: datetime | None = None

    async def run(self) -> None:
        """Listen until cancelled, whatever happens to the database."""
        while True:
            try:
                async with self._resources.database.pool.acquire(timeout=_LOOK_TIMEOUT_S) as conn:
                    await self._listen(conn)
            except Exception as error:
                log.warning("listening_interrupted", reason=type(error).__name__)
            self._failures += 1
            await asyncio.sleep(min(_POLL_S * 2 ** min(self._failures - 1, 8), _LONGEST_PAUSE_S))

    async def end_when_draining(self) -> None:
        """End every stream once the process is told to stop."""
        await self._resources.draining.wait()
        self._end_streams()

    async def end_when_silent(self) -> None:
        """End every stream while the database cannot be looked at, until cancelled."""
        while True:
            await asyncio.sleep(_POLL_S)
            if self._silent and self._places.taken:
                log.warning("streams_ended_in_silence", streams=self._places.taken)
                self._end_streams()

    @asynccontextmanager
    async def watch(self, account: str, subject: Subject, codes: Iterable[str]) -> AsyncIterator[tuple[Board, Stream]]:
        """Attach a client to the board of a subject; refuses one too many (`Places`), and while nothing is seen."""
        if self._resources.draining.is_set() or self._silent:
            raise Unavailable(_NOT_NOW, retry_after_s=2)
        with self._places.take(account):
            async with self._attached(subject, codes) as attached:
                yield attached

    @asynccontextmanager
    async def _attached(self, subject: Subject, codes: Iterable[str]) -> AsyncIterator[tuple[Board, Stream]]:
        if subject not in self._boards:
            board = Board(self._resources.database, subject, codes)
            self._boards[subject] = board, asyncio.create_task(board.run())
        board, task = self._boards[subject]
        stream = Stream(subject.period, closed=task.done())
        board.streams.add(stream)
        try:
            yield board, stream
        finally:
            board.streams.discard(stream)
            if not board.streams:
                task.cancel()
                self._boards.pop(subject, None)

    @property
    def pace_s(self) -> float:
        """Seconds between two patches to one client: a quarter of one, longer where many are served."""
        return max(_FASTEST_S, self._places.taken / _PATCHES_PER_S)

    @property
    def _silent(self) -> bool:
        return time.monotonic() - self._looked > self._silence_s

    def _end_streams(self) -> None:
        for board, _ in self._boards.values():
            for stream in board.streams:
                stream.close()

    async def _listen(self, conn: Connection) -> None:
        def heard(*_: object) -> None:
            self._wake.set()

        try:
            await conn.add_listener("situation", heard)
            while True:
                async with asyncio.timeout(_LOOK_TIMEOUT_S):
                    await self._look(conn)
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(_POLL_S):  # wait_for of Python 3.11 may swallow a cancellation
                        await self._wake.wait()
                self._wake.clear()
        finally:
            conn.terminate()  # it listens, and may not answer any more: the pool opens another

    async def _look(self, conn: Connection) -> None:
        first = self._known is None
        seen = await look(conn, self._known)
        self._known, self.checked_at = seen.sequence, seen.checked_at
        self._looked, self._failures = time.monotonic(), 0
        LAST_LOOK.set_to_current_time()
        for subject, (board, _) in self._boards.items():
            shown = (*subject.months, EVERY_MONTH)
            if first or any(area in board.codes and period in shown for area, period in seen.touched):
                board.dirty.set()
        if not first and not seen.unbroken:
            self._end_streams()  # clients come back and are told to load anew


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
