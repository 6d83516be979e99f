"""Child processes: started so that they cannot outlive this program, and ended exactly, without touching others.

A process is named by pid and start time, so a recycled pid is never touched. Linux only: it reads /proc and
asks the kernel for a death signal.
"""

from __future__ import annotations

import asyncio
import ctypes
import os
import resource
import signal
import stat
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

LOG_LIMIT = 8 << 20
PRIVATE = stat.S_IRUSR | stat.S_IWUSR
PR_SET_PDEATHSIG = 1
OPEN_FILES = 65_536
"""A live screen is an open file, of the front door two; many systems let a process have 1,024 unless it asks."""
_libc = ctypes.CDLL(None, use_errno=True)


@dataclass(frozen=True)
class Identity:
    """A process by pid and start time: a later process with the same pid is another identity."""

    pid: int
    started: int

    @classmethod
    def of(cls, pid: int) -> Identity | None:
        """Return the identity of a living process; None for one that is gone or a zombie."""
        try:
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            return None
        return None if fields[0] in "ZX" else cls(pid, int(fields[19]))

    @property
    def alive(self) -> bool:
        """Tell whether this very process still runs."""
        return Identity.of(self.pid) == self


@dataclass(frozen=True)
class Command:
    """The command line of a child, its log file, environment, death signal and user."""

    argv: Sequence[str]
    log: Path
    env: Mapping[str, str] | None = None
    cwd: Path | None = None
    death_signal: signal.Signals = signal.SIGKILL
    user: int | None = None
    group: int | None = None
    prefix: Sequence[str] = field(default=())


def private_folder(folder: Path) -> None:
    """Make a folder that only this account reads: logs and events of persons lie there."""
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(PRIVATE | stat.S_IXUSR)


def open_private(log: Path) -> IO[bytes]:
    """Open a log to append to; only this account reads it."""
    descriptor = os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT, PRIVATE)
    os.fchmod(descriptor, PRIVATE)
    return os.fdopen(descriptor, "ab")


def rotate(log: Path, limit: int = LOG_LIMIT) -> None:
    """Bound a log: beyond the limit rename it to `<name>.1`, so that a new one begins."""
    private_folder(log.parent)
    if log.exists() and log.stat().st_size > limit:
        log.replace(log.with_name(log.name + ".1"))


async def spawn(command: Command) -> asyncio.subprocess.Process:
    """Start a child in a session of its own that ends with this process.

    Call it from the main thread only: the kernel sends the death signal when the *thread* that forked ends.
    """
    rotate(command.log)
    parent = os.getpid()
    _, most_files = resource.getrlimit(resource.RLIMIT_NOFILE)

    def tie() -> None:
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(OPEN_FILES, most_files), most_files))
        _libc.prctl(PR_SET_PDEATHSIG, int(command.death_signal), 0, 0, 0)
        if os.getppid() != parent:
            os._exit(1)

    with open_private(command.log) as out:
        return await asyncio.create_subprocess_exec(
            *command.prefix,
            *command.argv,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=out,
            stderr=out,
            env=None if command.env is None else dict(command.env),
            cwd=command.cwd,
            start_new_session=True,
            preexec_fn=tie,  # prctl has no other place; it must come after the change of user
            user=command.user,
            group=command.group,
            extra_groups=None if command.user is None else [],
            umask=stat.S_IRWXG | stat.S_IRWXO,
        )


async def run(command: Command) -> int:
    """Run a child to its end; return its exit code."""
    process = await spawn(command)
    try:
        return await process.wait()
    finally:
        await stop(process, grace=5)


async def stop(process: asyncio.subprocess.Process, sig: signal.Signals = signal.SIGTERM, grace: float = 20) -> None:
    """End a child and its process group: the signal first, SIGKILL after the grace period (seconds)."""
    if process.returncode is not None:
        return
    signal_group(process.pid, sig)
    try:
        await asyncio.wait_for(process.wait(), grace)
    except TimeoutError:
        signal_group(process.pid, signal.SIGKILL)
        await process.wait()


def signal_group(pid: int, sig: signal.Signals) -> None:
    """Signal the process group of a child, or the child alone if it leads none."""
    try:
        if os.getpgid(pid) == pid:
            os.killpg(pid, sig)
        else:
            os.kill(pid, sig)
    except ProcessLookupError:
        return


async def gone(identity: Identity, seconds: float) -> bool:
    """Wait until a process has ended, a child or not; return False if it has not in time."""
    loop = asyncio.get_running_loop()
    deadline = loop.time() + seconds
    while identity.alive:
        if loop.time() > deadline:
            return False
        await asyncio.sleep(0.05)
    return True
