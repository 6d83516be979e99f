"""CPU time and memory of processes and of everything below them, read from /proc.

CPU per operation says the same on a busy machine as on a quiet one, which a rate does not.
"""

import os
from collections.abc import Iterator, Mapping
from pathlib import Path

_TICK_S = 1 / os.sysconf("SC_CLK_TCK")
_PROC = Path("/proc")


def family(pid: int) -> list[int]:
    """Return a process and all its living descendants."""
    children: dict[int, list[int]] = {}
    for entry in _PROC.iterdir():
        if entry.name.isdigit() and (fields := _stat(int(entry.name))):
            children.setdefault(int(fields[1]), []).append(int(entry.name))
    members, waiting = [], [pid]
    while waiting:
        members.append(waiting.pop())
        waiting += children.get(members[-1], [])
    return members


def cpu_s(pid: int) -> float:
    """Return the CPU seconds of a process, its living descendants and those it has already waited for."""
    ticks = 0
    for member in family(pid):
        fields = _stat(member)
        ticks += sum(map(int, fields[11:15])) if fields else 0
    return ticks * _TICK_S


def pss_mb(pid: int) -> float:
    """Return the proportional memory of a process and its descendants in MB: shared pages count once over all."""
    return sum(_memory(member, "Pss") for member in family(pid)) / 1_000


def rss_mb(pid: int) -> float:
    """Return the resident memory of one process in MB."""
    return _memory(pid, "Rss") / 1_000


class Meter:
    """CPU seconds of named processes between two moments."""

    def __init__(self, pids: Mapping[str, int]) -> None:
        self._pids = dict(pids)
        self._start = self._read()

    def spent(self) -> dict[str, float]:
        """Return the seconds each has used since the meter was made."""
        return {name: now - self._start[name] for name, now in self._read().items()}

    def _read(self) -> dict[str, float]:
        return {name: cpu_s(pid) for name, pid in self._pids.items()}


def _stat(pid: int) -> list[str]:
    try:
        return (_PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()
    except OSError:
        return []


def _memory(pid: int, name: str) -> float:
    return next((kb * 1.024 for known, kb in _smaps(pid) if known == name), 0.0)


def _smaps(pid: int) -> Iterator[tuple[str, int]]:
    try:
        lines = (_PROC / str(pid) / "smaps_rollup").read_text().splitlines()[1:]
    except OSError:
        return
    for line in lines:
        name, value, *_ = line.split()
        yield name.rstrip(":"), int(value)
