"""Clocks that can be stepped while processes run (libfaketime): of all services, or of PostgreSQL.

Monotonic time stays true, and so do all clocks that are not named.
"""

import asyncio
import importlib.util
import os
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from functools import partial
from pathlib import Path

import asyncpg
import httpx2

from deploy.dev.config import SERVICES
from tests.faults.platform import BreakablePlatform
from tests.support.plain_http import plain_client
from tests.support.waiting import eventually

TOLERANCE_S = 60
"""What a clock may seem to be off because a loaded machine answers late."""


class Clock:
    """A clock that the processes of the services believe in, or PostgreSQL's; at first it shows true time."""

    def __init__(self, platform: BreakablePlatform, probe: Callable[[int], Awaitable[bool]]) -> None:
        self._file, self._probe = platform.data / f"clock-{os.urandom(4).hex()}", probe
        self._file.write_text("+0\n")
        self._library = Path(shutil.copy(library(), platform.data))  # PostgreSQL's account may not enter ours

    def environment(self) -> dict[str, str]:
        """Return what a process needs to follow this clock."""
        return {
            "LD_PRELOAD": str(self._library),
            "FAKETIME_TIMESTAMP_FILE": str(self._file),
            "FAKETIME_CACHE_DURATION": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        }

    async def set(self, moment: datetime) -> None:
        """Let it be this moment now."""
        await self.step(round((moment - datetime.now(UTC)).total_seconds()))

    async def step(self, seconds: int) -> None:
        """Let the clock jump to so many seconds after true time; returns when all who follow it show that."""
        self._file.write_text(f"{seconds:+d}\n")
        await eventually(lambda: self._probe(seconds), within_s=60)


def library() -> Path:
    """Return libfaketime, for LD_PRELOAD."""
    spec = importlib.util.find_spec("libfaketime")
    assert spec is not None
    assert spec.origin is not None
    return Path(spec.origin).parent / "vendor" / "libfaketime" / "src" / "libfaketime.so.1"


def services_clock(platform: BreakablePlatform) -> AbstractAsyncContextManager[Clock]:
    """Start every process of every service with a clock that can be stepped, and in the end again without."""
    return _stepped(platform, _restart_all, _all_off_by)


def postgres_clock(platform: BreakablePlatform) -> AbstractAsyncContextManager[Clock]:
    """Start PostgreSQL with a clock that can be stepped, and in the end again without."""
    return _stepped(platform, _restart_postgres, _postgres_is_off_by)


@asynccontextmanager
async def _stepped(
    platform: BreakablePlatform,
    restart: Callable[[BreakablePlatform, Mapping[str, str]], Awaitable[None]],
    off_by: Callable[[BreakablePlatform, int], Awaitable[bool]],
) -> AsyncIterator[Clock]:
    clock = Clock(platform, partial(off_by, platform))
    await restart(platform, clock.environment())
    try:
        await clock.step(0)
        yield clock
    finally:
        await restart(platform, {})


async def _restart_postgres(platform: BreakablePlatform, env: Mapping[str, str]) -> None:
    platform.postgres.environment = env
    await platform.postgres.restart()
    await platform.ready()


async def _postgres_is_off_by(platform: BreakablePlatform, seconds: int) -> bool:
    """Tell whether PostgreSQL says that it is so much later than it is."""
    try:
        (row,) = await platform.rows("screening", "SELECT clock_timestamp() AS now")
    except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError):
        return False
    off_s: float = (row["now"] - datetime.now(UTC)).total_seconds()
    return abs(off_s - seconds) < TOLERANCE_S


async def _restart_all(platform: BreakablePlatform, env: Mapping[str, str]) -> None:
    names = [f"{service.label}-{role}" for service in SERVICES for role in ("api", "worker")]
    await asyncio.gather(*(platform.restart_with(name, env) for name in names))
    await platform.ready()


async def _all_off_by(platform: BreakablePlatform, seconds: int) -> bool:
    """Tell whether every process says in its answers (header `Date`) that it is so much later than it is."""
    expected = datetime.now(UTC) + timedelta(seconds=seconds)
    async with plain_client(timeout=5) as client:
        for address in _addresses(platform):
            try:
                moment = parsedate_to_datetime((await client.get(address + "/health/live")).headers["date"])
            except httpx2.TransportError:
                return False
            if abs((moment - expected).total_seconds()) > TOLERANCE_S:
                return False
    return True


def _addresses(platform: BreakablePlatform) -> list[str]:
    """Return the address of each process behind the front door."""
    return [f"http://{platform.instance_of(f'{s.label}-{role}')}" for s in SERVICES for role in ("api", "worker")]
