"""What campaigns have shown: a record of JSON lines, and the table made from it (`RESULTS.md`). Figures of runs only.

Written by `make chaos` after every run, so that a campaign cut short has kept what it showed; a campaign of all faults
replaces the record of the one before.
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

from deploy.dev.config import ROOT
from tests.faults.campaign import Result
from tests.faults.catalogue import FAULTS

FOLDER = Path(__file__).parent
RECORD, TABLE = FOLDER / "results.jsonl", FOLDER / "RESULTS.md"
HEAD = """\
# Results of the fault campaign

Made by `make chaos` from `results.jsonl`; do not edit. One row for each fault of the list; each run has its own people
in villages of its own. **Lost** and **double** are what the oracle counts: acknowledged commands without their event,
records and numbers too few or too many. **Findings** are everything that was not as it must be, the recount included.
**Recovery** is from the end of the hurting until everything acknowledged so far was applied by every consumer, while
the workload went on.

"""
COLUMNS = (
    "| group | fault | runs | commands | lost | double | findings | recovery s, median / max |",
    "| --- | --- | --- | --- | --- | --- | --- | --- |",
)
ROW = "| {} | {} | {} | {} | {} | {} | {} | {:.1f} / {:.1f} |"


@dataclass(frozen=True)
class Record:
    """One run, as it is kept."""

    fault: str
    group: str
    seed: int
    commands: int
    lost: int
    double: int
    findings: int
    recovery_s: float
    took_s: float
    commit: str
    machine: str
    on: str


def record_of(result: Result, group: str) -> Record:
    """A run with where and when it was made."""
    return Record(
        fault=result.fault,
        group=group,
        seed=result.seed,
        commands=result.commands,
        lost=result.lost,
        double=result.double,
        findings=len(result.findings),
        recovery_s=result.recovery_s,
        took_s=result.took_s,
        commit=commit(),
        machine=machine(),
        on=f"{datetime.now(UTC):%Y-%m-%d}",
    )


def commit() -> str:
    """The commit that runs, and whether something is not committed."""

    def git(*arguments: str) -> str:
        return subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=True).stdout.strip()

    changed = " with changes" if git("status", "--porcelain", "--untracked-files=no") else ""
    return git("rev-parse", "--short", "HEAD") + changed


def machine() -> str:
    """Size and kind of this machine."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / (1 << 30)
    cores = len(os.sched_getaffinity(0))
    return (
        f"{cores} cores, {memory:.0f} GiB, {platform.system()} {platform.machine()}, Python {platform.python_version()}"
    )


def keep(records: Sequence[Record]) -> None:
    """Replace the record, and make the table from it."""
    RECORD.write_text("".join(json.dumps(asdict(record), sort_keys=True) + "\n" for record in records))
    TABLE.write_text(table(records))


def table(records: Sequence[Record]) -> str:
    """The runs by fault, in the order of the list."""
    lines = [HEAD + _provenance(records), "", *COLUMNS]
    for fault in FAULTS:
        runs = [record for record in records if record.fault == fault.name]
        if runs:
            lines.append(_row(fault.group, fault.name, runs))
    lines.append(_row("", "**all**", records))
    return "\n".join(lines) + "\n"


def _row(group: str, name: str, runs: Sequence[Record]) -> str:
    recoveries = [run.recovery_s for run in runs]
    sums = [sum(getattr(run, column) for run in runs) for column in ("commands", "lost", "double", "findings")]
    return ROW.format(group, name, len(runs), *sums, statistics.median(recoveries), max(recoveries))


def _provenance(records: Sequence[Record]) -> str:
    seeds = sorted({record.seed for record in records})
    days = sorted({record.on for record in records})
    commits, machines = sorted({r.commit for r in records}), sorted({r.machine for r in records})
    return (
        f"Seeds {', '.join(map(str, seeds))}; on {' to '.join(dict.fromkeys((days[0], days[-1])))}; commit"
        f" {', '.join(commits)}; {', '.join(machines)}."
    )
