"""What campaigns have shown: a record of JSON lines, and the table made from it (`RESULTS.md`). Figures of runs only.

Written after every run, so that a campaign cut short has kept what it showed. The runs of a fault in newer code, at the
same waits, replace those in older code.
"""

import json
import os
import platform
import statistics
import subprocess
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from deploy.dev.config import ROOT
from tests.faults.campaign import Result, Which
from tests.faults.catalogue import FAULTS
from tests.runner.progress import RECORDS

FOLDER = Path(__file__).parent
RECORD, TABLE = FOLDER / "results.jsonl", FOLDER / "RESULTS.md"
HEAD = """\
# Results of the fault campaign

Made by `make chaos` and `make test-all` from `results.jsonl`; do not edit. One row for each fault of the list and share
of the production **waits**; each run has its own people in villages of its own. **Lost** and **double** are what the
oracle counts: acknowledged commands without their event, records and numbers too few or too many. **Findings** are
everything that was not as it must be, the recount included. **Recovery** is from the end of the hurting (the last kill,
or the moment at which the undoing begins: a server is started again, a line let through, a copy put back) until
everything acknowledged by the end of the fault was applied by every consumer, while the workload went on. What a fault
itself waits for after the hurting, to prove it, is in it, so it is an upper bound. A run is **held** when it had no
finding, **failed** when it had one or could not be ended, **not run** where the machine does not allow the fault. Only
runs that came to a verdict have figures.

"""
_COLUMNS = (
    *("group", "fault", "waits", "held", "failed", "not run", "commands", "lost", "double", "findings"),
    "recovery s, median / max",
)
COLUMNS = (f"| {' | '.join(_COLUMNS)} |", f"| {' | '.join('---' for _ in _COLUMNS)} |")
State = Literal["held", "failed", "not run"]
STATES: Sequence[State] = ("held", "failed", "not run")


@dataclass(frozen=True)
class Record:
    """One run, as it is kept; without figures where it came to no verdict."""

    fault: str
    group: str
    seed: int
    now: str
    state: State
    commands: int | None
    lost: int | None
    double: int | None
    findings: int | None
    recovery_s: float | None
    took_s: float | None
    commit: str
    machine: str
    on: str
    waits: float = 1.0
    """Share of the production waits."""


def record_of(which: Which, result: Result | None, state: State) -> Record:
    """Return a run with where and when it was made; `result` is what it showed if it came to a verdict."""
    measured = ("commands", "lost", "double", "recovery_s", "took_s")
    figures: dict[str, Any] = {name: getattr(result, name, None) for name in measured}
    return Record(
        fault=which.fault.name,
        group=which.fault.group,
        seed=which.seed,
        now=which.now.isoformat(),
        state=state,
        findings=None if result is None else len(result.findings),
        **figures,
        commit=commit(),
        machine=machine(),
        on=f"{datetime.now(UTC):%Y-%m-%d}",
        waits=which.waits,
    )


def commit() -> str:
    """Return the commit that runs, and whether something is not committed (but for the records of runs)."""

    def git(*arguments: str) -> str:
        return subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=True).stdout.strip()

    without = [f":(exclude){path}" for path in RECORDS]
    changed = " with changes" if git("status", "--porcelain", "--untracked-files=no", "--", ".", *without) else ""
    return git("rev-parse", "HEAD") + changed


def machine() -> str:
    """Size and kind of this machine."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / (1 << 30)
    cores = len(os.sched_getaffinity(0))
    return (
        f"{cores} cores, {memory:.0f} GiB, {platform.system()} {platform.machine()}, Python {platform.python_version()}"
    )


def load() -> list[Record]:
    """Return the records kept."""
    return [Record(**json.loads(line)) for line in RECORD.read_text().splitlines()] if RECORD.exists() else []


def merged(known: Sequence[Record], new: Sequence[Record]) -> list[Record]:
    """Return all records, those of a fault at some waits only from its newest code, in the order of the list."""
    newest = {(record.fault, record.waits): record.commit for record in (*known, *new)}
    order = {fault.name: number for number, fault in enumerate(FAULTS)}
    current = [record for record in (*known, *new) if newest[record.fault, record.waits] == record.commit]
    return sorted(current, key=lambda record: (order.get(record.fault, len(order)), record.waits))


def keep(records: Sequence[Record]) -> None:
    """Add to the record, and make the table from it."""
    known = merged(load(), records)
    RECORD.write_text("".join(json.dumps(asdict(record), sort_keys=True) + "\n" for record in known))
    TABLE.write_text(table(known))


def seconds_of(records: Sequence[Record], waits: float) -> dict[str, float]:
    """Return how long the runs of each fault took, at these waits where there are such."""
    taken: dict[str, list[Record]] = {}
    for record in records:
        if record.took_s is not None:
            taken.setdefault(record.fault, []).append(record)
    return {name: _median_s(runs, waits) for name, runs in taken.items()}


def _median_s(runs: Sequence[Record], waits: float) -> float:
    alike = [run for run in runs if run.waits == waits] or runs
    return statistics.median(run.took_s for run in alike if run.took_s is not None)


def commits_of(records: Sequence[Record]) -> dict[str, set[str]]:
    """Return the commits in which each fault was run to a verdict."""
    commits: dict[str, set[str]] = {}
    for record in records:
        if record.took_s is not None:
            commits.setdefault(record.fault, set()).add(record.commit.split()[0])
    return commits


def table(records: Sequence[Record]) -> str:
    """Return the runs by fault, in the order of the list."""
    lines = [HEAD + _provenance(records), "", *COLUMNS]
    for fault in FAULTS:
        for waits in sorted({record.waits for record in records}, reverse=True):
            runs = [record for record in records if (record.fault, record.waits) == (fault.name, waits)]
            if runs:
                lines.append(_row(fault.group, fault.name, f"{waits:g}", runs))
    lines.append(_row("", "**all**", "", records))
    return "\n".join(lines) + "\n"


def _row(group: str, name: str, waits: str, runs: Sequence[Record]) -> str:
    states = [sum(run.state == state for run in runs) for state in STATES]
    sums = [sum(getattr(run, column) or 0 for run in runs) for column in ("commands", "lost", "double", "findings")]
    return "| " + " | ".join(map(str, (group, name, waits, *states, *sums, _recovery(runs)))) + " |"


def _recovery(runs: Sequence[Record]) -> str:
    """Median and longest of the runs that were measured."""
    measured = [run.recovery_s for run in runs if run.recovery_s is not None]
    return f"{statistics.median(measured):.1f} / {max(measured):.1f}" if measured else "–"


def _provenance(records: Sequence[Record]) -> str:
    seeds = sorted({record.seed for record in records})
    days = sorted({record.on for record in records})
    commits, machines = sorted({_short(r.commit) for r in records}), sorted({r.machine for r in records})
    return (
        f"Seeds {', '.join(map(str, seeds))}; on {' to '.join(dict.fromkeys((days[0], days[-1])))}; commit"
        f" {', '.join(commits)}; {', '.join(machines)}."
    )


def _short(commit: str) -> str:
    """Return a commit as people write it."""
    name, _, changes = commit.partition(" ")
    return f"{name[:7]} {changes}".strip()
