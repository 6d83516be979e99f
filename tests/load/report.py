"""The document `RESULTS.md`: machine and versions, a table per benchmark, then the hand-written findings as they are.

A run of some benchmarks only is printed, not written: the file always holds one full run.
"""

import os
import platform
import subprocess
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from tests.load.figures import Line

_HERE = Path(__file__).parent
_PACKAGES = ("fastapi", "uvicorn", "uvloop", "pydantic", "asyncpg", "aiokafka")
TITLES = {
    "post": "Durable screening POST",
    "batch": "Screenings in batches",
    "relay": "Relay",
    "projection": "Projection",
    "traces": "Traces",
    "judging": "Judging: Python and JavaScript",
    "latency": "Entry to live page",
    "reads": "Dashboard reads",
    "search": "Search and registration",
    "phone": "First page on a phone",
    "paint": "POST to paint",
    "stop": "Stop",
    "rebuild": "Rebuild",
    "memory": "Memory (proportional set size)",
    "start": "Start",
}


def table(lines: Sequence[Line]) -> str:
    """Return lines as a Markdown table."""
    rows = ["| figure | median | spread | n | goal | |", "| --- | --- | --- | --- | --- | --- |"]
    for line in lines:
        middle = f"{_number(line.value.median)} {line.unit}".rstrip()
        spread = "" if line.n == 1 else f"{_number(line.value.low)}–{_number(line.value.high)}"
        rows.append(f"| {line.name} | {middle} | {spread} | {line.n} | {_goal(line)} | {line.note} |")
    return "\n".join(rows)


def document(results: Mapping[str, Sequence[Line]], servers: str, seconds: float, load: float) -> str:
    """Return the document: `load` is that of the machine before the run, `seconds` how long the run took."""
    parts = [
        "# Speed",
        "",
        "Written by `make bench`; the findings at the end are kept in [FINDINGS.md](FINDINGS.md) and copied in.",
        "What is compared is taken in turns (A B A B …) on the same servers; a ratio is the median over the turns.",
        "CPU µs are those of the processes named, for one operation: a busy machine changes them less than rates.",
        "",
        f"{datetime.now(UTC):%Y-%m-%d}, commit {_commit()}, {seconds / 60:.0f} minutes, {_machine()}; {servers};",
        f"Python {platform.python_version()}, " + ", ".join(f"{name} {version(name)}" for name in _PACKAGES) + ".",
        f"Load of the machine before the run: {load:.1f} (others' work; 0 is a quiet machine).",
        "",
    ]
    for name, lines in results.items():
        parts += [f"## {TITLES[name]}", "", table(lines), ""]
    return "\n".join(parts) + "\n" + (_HERE / "FINDINGS.md").read_text(encoding="utf-8")


def write(text: str) -> Path:
    """Write the document; returns its path."""
    path = _HERE / "RESULTS.md"
    path.write_text(text, encoding="utf-8")
    return path


def _goal(line: Line) -> str:
    if line.goal is None:
        return ""
    sign = "≤" if line.goal.at_most else "≥"
    met = "reached" if line.goal.reached_by(line.value.median) else "**missed**"
    return f"{sign} {_number(line.goal.value)} {met}"


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def _machine() -> str:
    names = [line.partition(":")[2].strip() for line in _lines("/proc/cpuinfo") if line.startswith("model name")]
    memory = next(int(line.split()[1]) for line in _lines("/proc/meminfo") if line.startswith("MemTotal"))
    return f"{os.cpu_count()} × {names[0] if names else platform.machine()}, {memory / 2**20:.0f} GiB"


def _lines(path: str) -> list[str]:
    return Path(path).read_text(encoding="utf-8").splitlines()


def _commit() -> str:
    asked = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], cwd=_HERE, capture_output=True, text=True, check=False
    )
    return asked.stdout.strip() or "unknown"
