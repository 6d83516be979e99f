"""A file system of its own under PostgreSQL's data folder, which no other process sees; that needs root."""

import asyncio
import ctypes
import shutil
from pathlib import Path

from tests.faults.fault import CannotRun
from tests.faults.platform import BreakablePlatform

_CLONE_NEWNS = 0x00020000


async def see_mounts_of_our_own() -> None:
    """Let this process and those it starts from now on mount what no other process sees, and what ends with them.

    Raises CannotRun.
    """
    if ctypes.CDLL(None).unshare(_CLONE_NEWNS) != 0:
        raise CannotRun("no file system may be mounted here: that needs root (CAP_SYS_ADMIN)")
    await run("mount", "--make-rprivate", "/")


async def move_onto(platform: BreakablePlatform, *what: str) -> Path:
    """Mount something, as arguments of `mount`, and give it to PostgreSQL with all that its data folder holds.

    The server moves back when `platform.leaving` is closed. Needs mounts of our own.
    """
    folder = platform.data / "postgres"
    before = folder.with_name("postgres.before")
    await platform.postgres.stop()
    folder.rename(before)
    folder.mkdir()
    await run("mount", *what, str(folder))
    await run("cp", "-a", f"{before}/.", str(folder))
    await asyncio.to_thread(shutil.rmtree, before)
    platform.leaving.push_async_callback(_move_back, platform, folder)
    await platform.postgres.start()
    return folder


async def _move_back(platform: BreakablePlatform, folder: Path) -> None:
    """Take the data back from the small disk, so that later faults meet the machine's own."""
    copy = folder.with_name("postgres.after")
    await platform.postgres.stop()
    await run("cp", "-a", str(folder), str(copy))
    await run("umount", str(folder))
    folder.rmdir()
    copy.rename(folder)
    await platform.postgres.start()
    await platform.ready()


async def run(*argv: str) -> None:
    """Run a program, which must succeed."""
    assert await exit_code(*argv) == 0, argv


async def exit_code(*argv: str) -> int:
    """Run a program to its end."""
    child = await asyncio.create_subprocess_exec(*argv)
    return await child.wait()
