"""What a recount reports: findings about the archive, differences between cells, and their totals.

The whole report is also a row of `recount_run`.
"""

from collections import Counter
from dataclasses import asdict, dataclass, field
from datetime import datetime

EXAMPLES = 20
"""Findings that are written out; all of them are counted."""


@dataclass(frozen=True)
class Finding:
    """One thing that is not as it must be; `expected` is the recount's value, `found` the stored one."""

    kind: str
    where: str
    expected: str
    found: str

    def __str__(self) -> str:
        return f"{self.kind} {self.where}: expected {self.expected}, found {self.found}"


@dataclass
class Report:
    """Result of one recount: `duration_s` in seconds; `events` and `cells` are the numbers read and compared.

    `regencies_compared` says of how many of all `regencies` this run compared what readers are given, `all_since` since
    when each of them was compared at least once; None while some never was.
    """

    at: datetime
    duration_s: float = 0.0
    events: dict[str, int] = field(default_factory=dict)
    cells: dict[str, int] = field(default_factory=dict)
    parked: int = 0
    regencies: int = 0
    regencies_compared: int = 0
    all_since: datetime | None = None
    by_kind: Counter[str] = field(default_factory=Counter)
    examples: list[Finding] = field(default_factory=list)

    def add(self, finding: Finding) -> None:
        """Count a finding; keep it as an example while there is room."""
        self.by_kind[finding.kind] += 1
        if len(self.examples) < EXAMPLES:
            self.examples.append(finding)

    @property
    def differences(self) -> int:
        """Number of differences: parked events (as one), the archive's structure, and the cells."""
        return sum(self.by_kind.values())

    @property
    def equal(self) -> bool:
        """True when everything agrees and nothing is parked."""
        return self.differences == 0

    def as_dict(self) -> dict[str, object]:
        """Return the report as JSON-able values."""
        return {
            "at": self.at.isoformat(),
            "duration_s": round(self.duration_s, 3),
            "equal": self.equal,
            "events": self.events,
            "cells": self.cells,
            "parked": self.parked,
            "regencies": self.regencies,
            "regencies_compared": self.regencies_compared,
            "all_since": self.all_since.isoformat() if self.all_since else None,
            "differences": self.differences,
            "by_kind": dict(self.by_kind),
            "examples": [asdict(finding) for finding in self.examples],
        }

    def as_text(self) -> str:
        """Return the report for people, Indonesian first."""
        events = ", ".join(f"{name} {number}" for name, number in self.events.items())
        cells = ", ".join(f"{name} {number}" for name, number in self.cells.items())
        verdict = "SAMA / EQUAL" if self.equal else "BERBEDA / DIFFERENT"
        lines = [
            f"Hitung ulang / recount: {verdict} ({self.duration_s:.2f} s)",
            f"  peristiwa dibaca / events read: {sum(self.events.values())} ({events})",
            f"  sel dibandingkan / cells compared: {sum(self.cells.values())} ({cells})",
            f"  kabupaten/kota dibandingkan / regencies compared: {self._turns()}",
            f"  diparkir / parked: {self.parked}",
            f"  perbedaan / differences: {self.differences}",
        ]
        if self.parked:
            lines.append("  Ada peristiwa diparkir: angka belum lengkap / events are parked: numbers are incomplete")
        lines += [f"  - {finding}" for finding in self.examples]
        if self.differences > len(self.examples):
            lines.append(f"  … dan {self.differences - len(self.examples)} lagi / and more")
        return "\n".join(lines)

    def _turns(self) -> str:
        since = self.all_since.isoformat(timespec="seconds") if self.all_since else "belum / not yet"
        return f"{self.regencies_compared} dari / of {self.regencies} (semua sejak / all since: {since})"
