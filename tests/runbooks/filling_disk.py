"""A table that fills the disk under PostgreSQL: a small file system (ext4) in a file, which needs root."""

import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from tests.faults import small_disk
from tests.faults.fault import CannotRun
from tests.faults.platform import BreakablePlatform
from tests.runbooks.exposition import NODE, Exposition, node_of
from tests.runbooks.scenario import Scenario, incident
from tests.support import apt
from tests.support import node_exporter as exporter

LEAST_LEFT = 0.15
LEFT = 0.12
"""What the table leaves of the room: enough for the write-ahead log while the page is read."""
ROOM_BYTES = 512 * 2**20
"""Of the small disk, besides what PostgreSQL already needs."""
_MOUNTS = Path("/proc/self/mounts")
_NEEDED = """
SELECT (SELECT sum(pg_database_size(oid)) FROM pg_database) + (SELECT sum(size) FROM pg_ls_waldir()) AS bytes
"""
_GROW = """
CREATE UNLOGGED TABLE IF NOT EXISTS grown (filling text);
INSERT INTO grown SELECT repeat(md5(random()::text), 50) FROM generate_series(1, 5000);
"""


def _is_filling(seen: Exposition) -> bool:
    left, size = (seen.values(f"node_filesystem_{what}_bytes", fstype="ext4") for what in ("avail", "size"))
    return any(each / whole < LEAST_LEFT for each, whole in zip(left, size, strict=True))


@incident(
    Scenario(
        "IlpDiskFills",
        "screening-worker",
        rings=_is_filling,
        shows=(r"^/dev/loop\d+ .* (8[5-9]|9\d)% .*/postgres$", r"\d+ [kM]B", r"^ grown +\| \d+ MB"),
        shown_by=NODE,
        environment=lambda platform: {"NODE": node_of(platform)},
    )
)
@asynccontextmanager
async def table_grows(platform: BreakablePlatform) -> AsyncIterator[None]:
    """Move PostgreSQL onto a small disk, and let a table grow until that is nearly full; then enlarge the disk.

    The node exporter sees this disk only: the machine's own may be as full as they are.
    """
    exporter.need()
    try:
        await small_disk.see_mounts_of_our_own()
    except CannotRun as reason:
        apt.cannot_run(str(reason))
    image = platform.data / "small-disk"
    platform.leaving.callback(image.unlink, missing_ok=True)  # too large for the watch over what is left behind
    (needed,) = await platform.rows("screening", _NEEDED)
    size = int(needed["bytes"]) + ROOM_BYTES
    with image.open("wb") as file:
        file.truncate(size)
    await small_disk.run("mkfs.ext4", "-q", "-m", "0", str(image))
    disk = await small_disk.move_onto(platform, "-o", "loop", str(image))
    await platform.leaving.enter_async_context(
        exporter.node_exporter("filesystem", f"--path.procfs={_only(disk)}", node=node_of(platform))
    )
    await platform.ready()
    while (usage := shutil.disk_usage(disk)).free > LEFT * usage.total:
        await platform.script("screening", _GROW)
    yield
    await platform.postgres.stop()
    await small_disk.run("umount", str(disk))
    with image.open("r+b") as file:
        file.truncate(2 * size)
    await small_disk.run("e2fsck", "-f", "-p", str(image))
    await small_disk.run("resize2fs", str(image))
    await small_disk.run("mount", "-o", "loop", str(image), str(disk))
    await platform.postgres.start()


def _only(disk: Path) -> Path:
    """Return a folder that names this disk alone to a node exporter, as if it were `/proc`."""
    folder = disk.with_name("small-disk.proc")
    (folder / "1").mkdir(parents=True)
    (mounted,) = (each for each in _MOUNTS.read_text().splitlines() if each.split()[1] == str(disk))
    (folder / "1" / "mounts").write_text(mounted + "\n")
    return folder
