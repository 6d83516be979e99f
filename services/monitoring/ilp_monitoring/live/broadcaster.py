"""Wakes the boards of this process when numbers change. One LISTEN connection, and a look each second as backup.

Opened with the app (`app.py`), found by routes with `resources.part(Broadcaster)`.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from datetime import datetime

import structlog

from ilp_monitoring.live.board import Board, Subject
from ilp_monitoring.live.repository import touched_between
from ilp_monitoring.live.stream import Stream
from ilp_shared.db.connection import Connection
from ilp_shared.db.transient import is_transient
from ilp_shared.http.resources import Resources
from ilp_shared.problems import Unavailable
from ilp_shared.text import Text

log = structlog.get_logger()
_MAX_STREAMS = 2_000
_POLL_S = 1.0
_FULL = Text(
    "Terlalu banyak layar langsung di server ini; coba lagi sebentar.",
    "Too many live screens on this server; try again shortly.",
)


class Broadcaster:
    """The boards of one process."""

    def __init__(self, resources: Resources) -> None:
        self._resources = resources
        self._boards: dict[Subject, tuple[Board, asyncio.Task[None]]] = {}
        self._streams = 0
        self._wake = asyncio.Event()
        self._known = 0
        self.checked_at: datetime | None = None

    async def run(self) -> None:
        """Listen until cancelled, through interruptions of the database."""
        while True:
            try:
                async with self._resources.database.pool.acquire() as conn:
                    await self._listen(conn)
            except Exception as error:
                if not is_transient(error):
                    raise
                log.warning("listening_interrupted", reason=type(error).__name__)
            await asyncio.sleep(_POLL_S)

    async def end_when_draining(self) -> None:
        """End every stream once the process is told to stop."""
        await self._resources.draining.wait()
        for board, _ in self._boards.values():
            for stream in board.streams:
                stream.close()

    @asynccontextmanager
    async def watch(self, subject: Subject, codes: Iterable[str]) -> AsyncIterator[tuple[Board, Stream]]:
        """Attach a client to the board of a subject; raises Unavailable when this process serves enough."""
        if self._streams >= _MAX_STREAMS:
            raise Unavailable(_FULL, retry_after_s=5)
        if subject not in self._boards:
            board = Board(self._resources.database, subject, codes)
            self._boards[subject] = board, asyncio.create_task(board.run())
        board, task = self._boards[subject]
        stream = Stream(subject.period, closed=self._resources.draining.is_set() or task.done())
        board.streams.add(stream)
        self._streams += 1
        try:
            yield board, stream
        finally:
            self._streams -= 1
            board.streams.discard(stream)
            if not board.streams:
                task.cancel()
                self._boards.pop(subject, None)

    async def _listen(self, conn: Connection) -> None:
        def heard(*_: object) -> None:
            self._wake.set()

        await conn.add_listener("situation", heard)
        try:
            while True:
                await self._look(conn)
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._wake.wait(), _POLL_S)
                self._wake.clear()
        finally:
            if not conn.is_closed():
                await conn.remove_listener("situation", heard)

    async def _look(self, conn: Connection) -> None:
        self._known, self.checked_at, touched = await touched_between(conn, self._known)
        for subject, (board, _) in self._boards.items():
            if any(area in board.codes and period in (subject.period, "") for area, period in touched):
                board.dirty.set()


@asynccontextmanager
async def open_broadcaster(resources: Resources) -> AsyncIterator[None]:
    """Run a broadcaster while the app lives."""
    broadcaster = Broadcaster(resources)
    resources.parts[Broadcaster] = broadcaster
    tasks = [asyncio.create_task(broadcaster.run()), asyncio.create_task(broadcaster.end_when_draining())]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
