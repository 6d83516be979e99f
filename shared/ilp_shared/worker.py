"""The worker process of a service: relay, consumer and jobs, and a small status server.

They begin when the database can be used; until then the worker waits, and never ends by itself. Once they have begun:
if any of them ends with an error, or relay or consumer makes no progress for `watchdog_s`, the process exits and its
supervisor starts it again. A worker that looks alive but does nothing is worse than none.
"""

import asyncio
import contextlib
import os
import signal
import time
from collections.abc import Callable, Coroutine, Iterable, Iterator
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Final

import structlog
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from ilp_shared import metrics
from ilp_shared.bus.archive.partitions import ensure_partitions
from ilp_shared.bus.cluster import Cluster
from ilp_shared.bus.consume.consumer import Consumer
from ilp_shared.bus.relay.relay import Relay
from ilp_shared.bus.relay.replay import serve_replays
from ilp_shared.db.database import Database
from ilp_shared.db.readiness import Readiness
from ilp_shared.db.transient import is_transient
from ilp_shared.db.vitals import keep_watched
from ilp_shared.exposition import metrics_response
from ilp_shared.operations.production import misfits_of
from ilp_shared.service import Service
from ilp_shared.settings import ServiceSettings
from ilp_shared.text import Text
from ilp_shared.write.retention import forget_old_keys

log = structlog.get_logger()
Part = Callable[[], Coroutine[None, None, None]]
_HOUR_S = 3_600
_CANCEL_AGAIN_S, _GIVE_UP_S = 5.0, 15.0
_RELAY_REFUSES: Final = Text("Relay menolak jalan: {why}", "The relay refuses to run: {why}")
_NOT_COMPARED: Final = Text(
    "Relay belum selesai membandingkan log Kafka dengan arsip.",
    "The relay has not yet compared Kafka's log with the archive.",
)
_PROJECTION_REFUSES: Final = Text("Proyeksi menolak jalan: {why}", "The projection refuses to run: {why}")
_NO_PROGRESS: Final = Text("Relay atau konsumen tidak maju.", "Relay or consumer makes no progress.")


class Worker:
    """The parts of one worker."""

    def __init__(self, service: Service, settings: ServiceSettings, database: Database) -> None:
        self._service, self._settings, self._database, self._pool = service, settings, database, database.pool
        misfits = misfits_of(settings, service.load_misfits())
        self._readiness = Readiness(self._pool, service.package, misfits)
        self._begun = time.monotonic()
        self._cluster = Cluster.of(settings)
        self.relay = Relay(self._pool, self._cluster, service.domain)
        self.consumer: Consumer | None = None
        if service.projection is not None:
            self.consumer = Consumer(
                self._pool,
                self._cluster,
                service=service.name,
                sources=service.sources,
                projection=service.make_projection(),
            )

    async def run(self) -> None:
        """Run until SIGTERM or SIGINT, then stop in order; raises the error of a part that fails.

        Probes are answered at once. Everything else begins when the database can be used: it is reached, the migrations
        that this release needs have run, and in production the settings fit the stored data. A worker that waits for
        that never ends by itself.
        """
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        for name in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(name, stop.set)
        metrics.note_build(self._service.name, self._settings.build)
        usable = asyncio.create_task(self._wait_for_database())
        parts = [asyncio.create_task(self._begin_after(usable, part)) for part in self._parts()]
        ends = [*parts, asyncio.create_task(self._serve_status()), asyncio.create_task(stop.wait())]
        done, _ = await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
        await end_tasks([usable, *ends])
        for task in done:
            if not task.cancelled():
                task.result()
        log.info("worker_stopped")

    async def _wait_for_database(self) -> None:
        said: Text | None = None
        while (reason := await self._readiness.hindrance()) is not None:
            if reason != said:
                log.warning("waits_for_database", why=reason.both)
            said = reason
            await asyncio.sleep(self._settings.waits.look_s)
        self._begun = time.monotonic()

    async def _begin_after(self, usable: asyncio.Task[None], part: Part) -> None:
        await usable
        await part()

    def _parts(self) -> list[Part]:
        parts: list[Part] = [
            self._watch,
            self._keep_house,
            lambda: keep_watched(self._pool),
            self.relay.run,
            self.relay.keep_measured,
            lambda: serve_replays(self.relay, self._cluster, self._service.domain),
        ]
        if self.consumer is not None:
            parts.append(self.consumer.run)
        parts += [lambda job=job: job(self._pool) for job in self._service.load_jobs()]  # type: ignore[misc]  # default binds the loop variable
        return parts

    async def _watch(self) -> None:
        """Raise TimeoutError when relay or consumer makes no progress; the consumer's stall watchdog acts earlier."""
        while True:
            await asyncio.sleep(1.0)
            if self._idle_s() > self._settings.watchdog_s:
                log.critical("no_progress", seconds=self._settings.watchdog_s)
                raise TimeoutError

    def _idle_s(self) -> float:
        """Return the seconds since the last round of the slower of relay and consumer, or since they began."""
        rounds = [self.relay.last_progress] + ([self.consumer.last_progress] if self.consumer else [])
        return time.monotonic() - max(self._begun, min(rounds))

    async def _keep_house(self) -> None:
        """Create partitions ahead of time and delete expired idempotency keys and what the service lists, each hour."""
        expiries = self._service.load_expiries()
        last_success = metrics.LAST_SUCCESS.labels("keep_house")
        last_success.set_to_current_time()
        while True:
            pause_s = _HOUR_S
            try:
                async with self._pool.acquire() as conn:
                    await ensure_partitions(conn, datetime.now(UTC).date())
                    for expire in (forget_old_keys, *expiries):
                        await expire(conn)
                last_success.set_to_current_time()
            except Exception as error:
                if not is_transient(error):
                    raise
                log.warning("housekeeping_postponed", reason=type(error).__name__)
                pause_s = 60
            await asyncio.sleep(pause_s)

    async def _serve_status(self) -> None:
        app = Starlette(
            routes=[
                Route("/health/live", lambda _request: JSONResponse({"status": "ok"})),
                Route("/health/ready", self._ready),
                Route("/status", self._status),
                Route("/metrics", self._metrics),
            ]
        )
        config = uvicorn.Config(
            app,
            host=self._settings.host,
            port=self._settings.worker_status_port,
            log_config=None,
            lifespan="off",
        )
        server = uvicorn.Server(config)
        server.capture_signals = _no_signals  # type: ignore[method-assign]  # this process handles its own signals
        await server.serve()

    async def _ready(self, _request: Request) -> Response:
        reason = await self._hindrance_now()
        if reason is None:
            return JSONResponse({"status": "ok"})
        return JSONResponse({"status": "unavailable", "reason": asdict(reason)}, 503)

    async def _hindrance_now(self) -> Text | None:
        return await self._readiness.hindrance() or self._hindrance()

    def _hindrance(self) -> Text | None:
        """Return why the worker does not do its work, or what it does is not to be trusted; None if it does."""
        if self.relay.refusal:
            return _RELAY_REFUSES.format(why=self.relay.refusal)
        if self.consumer and self.consumer.refusal:
            return _PROJECTION_REFUSES.format(why=self.consumer.refusal)
        if self._idle_s() >= self._settings.watchdog_s / 2:
            return _NO_PROGRESS
        if not self.relay.compared:
            return _NOT_COMPARED
        return self.consumer.contradiction if self.consumer else None

    async def _metrics(self, _request: Request) -> Response:
        metrics.REFUSES.labels("relay").set(self.relay.refusal is not None)
        if self.consumer is not None:
            metrics.REFUSES.labels("projection").set(self.consumer.refusal is not None)
        ready = await self._hindrance_now() is None
        return metrics_response(self._settings, self._database, ready=ready)

    async def _status(self, _request: Request) -> Response:
        consumer = self.consumer.status() if self.consumer else None
        return JSONResponse({"service": self._service.name, "relay": self.relay.status(), "consumer": consumer})


async def end_tasks(
    tasks: Iterable[asyncio.Task[object]], *, again_s: float = _CANCEL_AGAIN_S, give_up_s: float = _GIVE_UP_S
) -> None:
    """Cancel tasks until all have ended; exit the process if they do not end in `give_up_s`.

    One cancellation is not enough: the Kafka client swallows one that arrives while it waits for its own tasks, and a
    worker of which one part never ends looks alive but does nothing.
    """
    deadline = time.monotonic() + give_up_s
    left = set(tasks)
    while left:
        if time.monotonic() > deadline:
            log.critical("worker_does_not_stop", parts=len(left))
            os._exit(1)
        for task in left:
            task.cancel()
        _, left = await asyncio.wait(left, timeout=again_s)


@contextlib.contextmanager
def _no_signals() -> Iterator[None]:
    yield
