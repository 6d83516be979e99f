"""Platforms that are kept stopped for a run: the plain one has areas and puskesmas in every service, and no person.

Making one costs most of a first start, so each is made once for a run; a test begins with a copy of its folder.
"""

import asyncio
import fcntl
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from tests.support.platform import Platform
from tests.support.started_platform import open_folder, running_platform

_PORTS = "ports.json"
"""What a copy may not share with another one that runs."""


async def plain(folder: Path) -> None:
    """Make a platform in an empty folder, and stop it once areas and puskesmas have reached every service."""
    open_folder(folder)
    async with running_platform(folder):
        pass


@asynccontextmanager
async def running_copy(
    stored: Path, folder: Path, make: Callable[[Path], Awaitable[None]] = plain
) -> AsyncIterator[Platform]:
    """Yield a platform in an empty folder that begins as the stopped one in `stored`.

    The first process to ask makes that: `make` is given an empty folder.
    """
    with stored.with_name(f"{stored.name}.lock").open("w") as lock:
        await asyncio.to_thread(fcntl.flock, lock, fcntl.LOCK_EX)
        if not stored.exists():
            await _store(stored, make)
    await _copied(stored, folder)
    async with running_platform(folder) as platform:
        yield platform


async def _store(stored: Path, make: Callable[[Path], Awaitable[None]]) -> None:
    draft = stored.with_name(f"{stored.name}.draft")
    shutil.rmtree(draft, ignore_errors=True)  # of a process that ended before it was done
    draft.mkdir()
    await make(draft)
    (draft / _PORTS).unlink()
    draft.rename(stored)


async def _copied(stored: Path, folder: Path) -> None:
    """Copy all files with their owners: those of PostgreSQL are another user's."""
    copying = await asyncio.create_subprocess_exec("cp", "-a", "--reflink=auto", f"{stored}/.", str(folder))
    assert await copying.wait() == 0, f"{stored} could not be copied"
