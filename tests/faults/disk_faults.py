"""The disk under PostgreSQL full, and freed: a small disk of memory (tmpfs), which needs root.

The server moves onto it for one run, and back when that has been judged.
"""

import random
import shutil
from pathlib import Path

from tests.faults import small_disk
from tests.faults.fault import DATABASE, fault
from tests.faults.platform import BreakablePlatform
from tests.faults.refusals import until_command_refused
from tests.faults.workload import Workload
from tests.support.waiting import eventually

ROOMY = "4g"
"""Of memory, which a tmpfs takes only as it is used."""


@fault("disk full under PostgreSQL", group="database", touches=DATABASE)
async def disk_full(platform: BreakablePlatform, work: Workload, rng: random.Random) -> None:
    """Read may go on; what would be stored is refused. Where the write-ahead log finds no room, the server ends."""
    await small_disk.see_mounts_of_our_own()
    disk = await small_disk.move_onto(platform, "-t", "tmpfs", "-o", f"size={ROOMY}", "tmpfs")
    log = platform.data / "logs" / "postgres.log"
    said = log.stat().st_size
    await eventually(lambda: _is_full(disk), within_s=60)
    await eventually(lambda: _says(log, said, "No space left on device"), within_s=120)
    await until_command_refused(work)
    work.hurt_ended()
    await small_disk.run("mount", "-o", f"remount,size={ROOMY}", str(disk))
    if platform.postgres.pid is None:
        await platform.postgres.start()


async def _is_full(disk: Path) -> bool:
    """Leave a disk no more room than it uses; fails where more was written since one looked."""
    size = shutil.disk_usage(disk).used
    return await small_disk.exit_code("mount", "-o", f"remount,size={size}", str(disk)) == 0


async def _says(log: Path, offset: int, words: str) -> bool:
    with log.open("rb") as file:
        file.seek(offset)
        return words.encode() in file.read()
