"""How far the history of the demonstration is: a small file in the data folder, for the console and `make status`."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any, Literal

from deploy.dev.vault import CLEAN, read_json, write_json

LOOK_S = 1.0
State = Literal["loading", "complete", "incomplete"]


def progress_file(data: Path) -> Path:
    """Return where the run on a data folder notes it."""
    return data / "simulation" / "history.json"


@dataclass(frozen=True)
class Progress:
    """Months wanted and months that are there; screenings sent and seconds spent by this run.

    `incomplete` ended before all was there, or had something refused; the next `make run` goes on.
    """

    months: int
    months_done: int = 0
    screenings: int = 0
    seconds: float = 0.0
    state: State = "loading"

    @classmethod
    def read(cls, data: Path) -> Progress | None:
        """Return what the run noted last, as far as this release knows its fields; None before it began."""
        content: dict[str, Any] = read_json(progress_file(data), CLEAN)
        known = {field.name: content[field.name] for field in fields(cls) if field.name in content}
        return cls(**known) if "months" in known else None

    def write(self, data: Path) -> None:
        """Note it."""
        write_json(progress_file(data), self.document())

    def document(self) -> dict[str, Any]:
        """Return it as `make status` gives it to programs."""
        return asdict(self)

    def sentence(self) -> str:
        """Return it as one line for people."""
        words = {
            "loading": "sedang dimuat / loading",
            "complete": "lengkap / complete",
            "incomplete": "belum lengkap / incomplete: `make run`",
        }
        return (
            f"riwayat contoh / demonstration history: {self.months_done}/{self.months} bulan / months,"
            f" {self.screenings} skrining / screenings, {self.seconds:.0f} s, {words[self.state]}"
        )


async def tell_progress(data: Path, say: Callable[[str], None]) -> None:
    """Say how far the load is whenever that changes, until cancelled; what an earlier run noted is not said."""
    last = Progress.read(data)
    while True:
        await asyncio.sleep(LOOK_S)
        progress = Progress.read(data)
        if progress is not None and progress != last:
            last = progress
            say(f"  … {progress.sentence()}")
