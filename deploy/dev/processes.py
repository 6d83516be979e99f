"""The supervisor of the platform's processes: starts them, starts them again when they exit, ends them in order.

A worker exits on purpose when it is stalled, so an exit is normal and answered by a restart with a growing
pause. Every start is recorded in the ledger.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from deploy.dev.child import Command, spawn, stop
from deploy.dev.config import ROOT
from deploy.dev.failure import StartError, last_line
from deploy.dev.ledger import Ledger

FIRST_PAUSE = 0.5
LONGEST_PAUSE = 15.0
STEADY_AFTER = 30.0


@dataclass(frozen=True)
class Job:
    """A Python module of this project to run: its name in logs and ledger, arguments, environment."""

    name: str
    arguments: Sequence[str]
    env: Mapping[str, str]

    def command(self, logs: Path) -> Command:
        """Return how the child is started."""
        argv = [sys.executable, "-m", *self.arguments]
        return Command(argv, logs / f"{self.name}.log", self.env, cwd=ROOT)


class Supervisor:
    """Keeps jobs running until they are stopped; every unexpected exit is passed to `on_exit`."""

    def __init__(self, logs: Path, ledger: Ledger, on_exit: Callable[[str, int], None]) -> None:
        self._logs = logs
        self._ledger = ledger
        self._on_exit = on_exit
        self._keepers: dict[str, asyncio.Task[None]] = {}

    async def finish(self, job: Job) -> None:
        """Run a job to its end (migrations, reference data); raises StartError if it fails."""
        code = await self._once(job)
        if code != 0:
            log = self._logs / f"{job.name}.log"
            reason = last_line(log, "Error:", "error:", "Exception:")
            raise StartError(f"{job.name} gagal / failed ({code}): {reason} (log: {log})")

    async def complaints(self, job: Job) -> str:
        """Run a check to its end; return what it says where it finds something wrong, which is in its log too."""
        log = self._logs / f"{job.name}.log"
        log.unlink(missing_ok=True)  # else what an earlier one said
        return log.read_text(errors="replace") if await self._once(job) != 0 else ""

    def keep(self, job: Job) -> None:
        """Start a job, and start it again whenever it exits, until `stop`."""
        self._keepers[job.name] = asyncio.create_task(self._keep(job), name=job.name)

    def once(self, job: Job) -> None:
        """Start a job in the background that may end by itself (the demonstration day)."""
        self._keepers[job.name] = asyncio.create_task(self._report(job), name=job.name)

    async def stop(self, *names: str) -> None:
        """End jobs side by side: SIGTERM, 20 s of grace, SIGKILL."""
        tasks = [self._keepers.pop(name) for name in names if name in self._keepers]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def stop_all(self) -> None:
        """End every job that still runs."""
        await self.stop(*tuple(self._keepers))

    async def _report(self, job: Job) -> None:
        self._on_exit(job.name, await self._once(job))

    async def _keep(self, job: Job) -> None:
        loop = asyncio.get_running_loop()
        pause = FIRST_PAUSE
        while True:
            started = loop.time()
            try:
                code = await self._once(job)
            except OSError as error:  # no memory, no open file, no disk for its log
                code = error.errno or 1
            self._on_exit(job.name, code)
            steady = loop.time() - started > STEADY_AFTER
            pause = FIRST_PAUSE if steady else min(pause * 2, LONGEST_PAUSE)
            await asyncio.sleep(pause)

    async def _once(self, job: Job) -> int:
        process = await spawn(job.command(self._logs))
        try:
            self._ledger.record(job.name, process.pid)
            return await process.wait()
        finally:
            await stop(process, signal.SIGTERM, grace=20)
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(process.pid, signal.SIGKILL)  # what the child left in its own group
            self._ledger.forget(job.name)
