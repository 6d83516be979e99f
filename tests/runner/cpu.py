"""CPU seconds of processes: what a step cost, whatever else the machine did meanwhile."""

import os
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK")


def of_tree(root: int) -> float:
    """Return the CPU seconds so far of a living process, of its living descendants, and of the ended ones.

    The ended ones are in the figures of whichever process has waited for them.
    """
    times: dict[int, float] = {}
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue  # it has ended just now
            times[int(entry.name)] = sum(map(int, fields[11:15])) / _TICKS
            children.setdefault(int(fields[1]), []).append(int(entry.name))
    total, waiting = 0.0, [root]
    while waiting:
        pid = waiting.pop()
        total += times.get(pid, 0.0)
        waiting += children.get(pid, [])
    return total
