"""A platform that is kept stopped for a run: with areas and puskesmas in every service, and no person.

Making it costs most of a first start, so it is made once for a run; a test begins with a copy of its folder.
"""

import asyncio
import fcntl
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from tests.support.platform import Platform, open_folder, running_platform

_PORTS = "ports.json"
"""What a copy may not share with another one that runs."""


@asynccontextmanager
async def running_copy(stored: Path, folder: Path) -> AsyncIterator[Platform]:
    """Yield a platform in an empty folder that begins as the one in `stored`; the first process to ask makes that."""
    with stored.with_name(f"{stored.name}.lock").open("w") as lock:
        await asyncio.to_thread(fcntl.flock, lock, fcntl.LOCK_EX)
        if not stored.exists():
            await _make(stored)
    await _copied(stored, folder)
    async with running_platform(folder) as platform:
        yield platform


async def _make(stored: Path) -> None:
    draft = stored.with_name(f"{stored.name}.draft")
    shutil.rmtree(draft, ignore_errors=True)  # of a process that ended before it was done
    draft.mkdir()
    open_folder(draft)
    async with running_platform(draft):
        pass
    (draft / _PORTS).unlink()
    draft.rename(stored)


async def _copied(stored: Path, folder: Path) -> None:
    """Copy all files with their owners: those of PostgreSQL are another user's."""
    copying = await asyncio.create_subprocess_exec("cp", "-a", "--reflink=auto", f"{stored}/.", str(folder))
    assert await copying.wait() == 0, f"{stored} could not be copied"
