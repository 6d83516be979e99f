"""A private machine inside this one: mounts, network, processes and names of its own, held by one process.

Containers run in it as on a machine of their own. When the holder ends, the kernel ends every process in it, and with
the last one its network, its firewall and its mounts are gone: nothing has to be cleaned up by hand. It needs root.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

_PRIVATE = ("--mount", "--net", "--pid", "--ipc", "--uts")
_BEGIN = """\
mount -t tmpfs tmpfs /run
mkdir -p /run/lock /run/netns
umount -R /sys/fs/cgroup 2>/dev/null || true
mount -t cgroup2 cgroup2 /sys/fs/cgroup
ip link set lo up
hostname ilp-test
mount --bind {hosts} /etc/hosts
exec {python} -c '
import signal
signal.signal(signal.SIGCHLD, signal.SIG_IGN)
print("ready", flush=True)
while True:
    signal.pause()
'
"""
"""No systemd, and no cgroups of version 1 and 2 mixed, which crun refuses. The first process lets no zombies be."""


class Machine:
    """The namespaces while the context lasts; `names` are hosts that are this machine itself."""

    def __init__(self, folder: Path, environment: Mapping[str, str], names: Sequence[str] = ()) -> None:
        self._folder, self._environment, self._names = folder, environment, names
        self._holder: subprocess.Popen[str] | None = None
        self._first, self._processes = 0, Path()

    def __enter__(self) -> Self:
        hosts = self._folder / "hosts"
        hosts.write_text(f"127.0.0.1 localhost ilp-test {' '.join(self._names)}\n", encoding="utf-8")
        script = _BEGIN.format(hosts=hosts, python=sys.executable)
        ending = ("setpriv", "--pdeathsig", "KILL")  # with the tests, however they end
        command = [*ending, "unshare", *_PRIVATE, "--fork", "--kill-child", "--mount-proc", "sh", "-ec", script]
        self._holder = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)
        assert self._holder.stdout is not None
        assert self._holder.stdout.readline() == "ready\n", "the namespaces could not be made"
        children = Path(f"/proc/{self._holder.pid}/task/{self._holder.pid}/children")
        self._first = int(children.read_text().split()[0])
        self._processes = Path(f"/proc/{self._first}/ns/pid").readlink()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.end()

    def end(self) -> None:
        """End the holder, and with it everything inside; without effect the second time."""
        holder, self._holder = self._holder, None
        if holder is not None:
            os.kill(self._first, signal.SIGKILL)
            holder.wait()
            assert holder.stdout is not None
            holder.stdout.close()

    def processes(self) -> list[int]:
        """Return the processes inside, as this machine numbers them."""
        return [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit() and self._has(entry)]

    def _has(self, process: Path) -> bool:
        try:
            return (process / "ns" / "pid").readlink() == self._processes
        except OSError:
            return False  # it has ended just now

    def inside(self, command: Iterable[str]) -> list[str]:
        """Return a command as it is run inside."""
        enter = ["nsenter", "--target", str(self._first), *_PRIVATE, f"--wd={Path.cwd()}", "--"]
        return [*enter, *command]

    def start(self, *command: str) -> subprocess.Popen[str]:
        """Start a program inside, with pipes."""
        pipe = subprocess.PIPE
        return subprocess.Popen(self.inside(command), env=self._environment, stdin=pipe, stdout=pipe, text=True)

    def run(self, *command: str, environment: Mapping[str, str] | None = None) -> subprocess.CompletedProcess[str]:
        """Run a program inside to its end; its output is kept, whatever its exit code."""
        return subprocess.run(
            self.inside(command),
            env={**self._environment, **(environment or {})},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )

    def read(self, *command: str) -> str:
        """Return what a program inside prints; it must succeed."""
        done = self.run(*command)
        assert done.returncode == 0, f"{' '.join(command)}: {done.returncode}\n{done.stdout}\n{done.stderr}"
        return done.stdout
