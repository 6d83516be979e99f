"""The disk under PostgreSQL full, and freed: a small disk of memory (tmpfs), which needs root.

The server moves onto it for one run, and back when that has been judged.
"""

import asyncio
import ctypes
import random
import shutil
from pathlib import Path

from tests.faults.fault import DATABASE, CannotRun, fault
from tests.faults.platform import BreakablePlatform
from tests.faults.refusals import until_command_refused
from tests.faults.workload import Workload
from tests.support.waiting import eventually

_CLONE_NEWNS = 0x00020000
ROOMY = "4g"
"""Of memory, which a tmpfs takes only as it is used."""


@fault("disk full under PostgreSQL", group="database", touches=DATABASE)
async def disk_full(platform: BreakablePlatform, work: Workload, rng: random.Random) -> None:
    """Read may go on; what would be stored is refused. Where the write-ahead log finds no room, the server ends."""
    disk = await _move_to_small_disk(platform)
    log = platform.data / "logs" / "postgres.log"
    said = log.stat().st_size
    await eventually(lambda: _is_full(disk), within_s=60)
    await eventually(lambda: _says(log, said, "No space left on device"), within_s=120)
    await until_command_refused(work)
    work.hurt_ended()
    await _run("mount", "-o", f"remount,size={ROOMY}", str(disk))
    if platform.postgres.pid is None:
        await platform.postgres.start()


async def _move_to_small_disk(platform: BreakablePlatform) -> Path:
    """Give PostgreSQL's data folder a file system of its own, with all that it holds."""
    await _see_mounts_of_our_own()
    folder = platform.data / "postgres"
    before, owner = folder.with_name("postgres.before"), folder.stat()
    await platform.postgres.stop()
    folder.rename(before)
    folder.mkdir()
    options = f"size={ROOMY},mode=0700,uid={owner.st_uid},gid={owner.st_gid}"
    await _run("mount", "-t", "tmpfs", "-o", options, "tmpfs", str(folder))
    await _run("cp", "-a", f"{before}/.", str(folder))
    await asyncio.to_thread(shutil.rmtree, before)
    platform.leaving.push_async_callback(_move_back, platform, folder)
    await platform.postgres.start()
    return folder


async def _move_back(platform: BreakablePlatform, folder: Path) -> None:
    """Take the data back from the small disk, so that later faults meet the machine's own."""
    copy = folder.with_name("postgres.after")
    await platform.postgres.stop()
    await _run("cp", "-a", str(folder), str(copy))
    await _run("umount", str(folder))
    folder.rmdir()
    copy.rename(folder)
    await platform.postgres.start()
    await platform.ready()


async def _see_mounts_of_our_own() -> None:
    """Let this process and those it starts from now on mount what no other process sees, and what ends with them."""
    if ctypes.CDLL(None).unshare(_CLONE_NEWNS) != 0:
        raise CannotRun("no file system may be mounted here: that needs root (CAP_SYS_ADMIN)")
    await _run("mount", "--make-rprivate", "/")


async def _is_full(disk: Path) -> bool:
    """Leave a disk no more room than it uses; fails where more was written since one looked."""
    return await _exit_code("mount", "-o", f"remount,size={shutil.disk_usage(disk).used}", str(disk)) == 0


async def _run(*argv: str) -> None:
    assert await _exit_code(*argv) == 0, argv


async def _exit_code(*argv: str) -> int:
    child = await asyncio.create_subprocess_exec(*argv)
    return await child.wait()


async def _says(log: Path, offset: int, words: str) -> bool:
    with log.open("rb") as file:
        file.seek(offset)
        return words.encode() in file.read()
