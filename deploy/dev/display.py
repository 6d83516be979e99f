"""Progress of the start on a terminal (rich) or as plain lines where there is none.

One line per step, with its duration; the Kafka download shows a bar.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TaskID, TextColumn

from deploy.dev.failure import StartError, explain


def write_line(text: str) -> None:
    """Print a line; one that cannot be written (a full disk, a closed pipe) ends nothing."""
    with suppress(OSError):
        print(text, flush=True)


class Step:
    """One step under way: its label may change, its progress may be counted."""

    def __init__(self, progress: Progress | None, label: str) -> None:
        self.label = label
        self._progress = progress
        self._task: TaskID | None = None if progress is None else progress.add_task(label, total=None)
        self._shown = time.monotonic()

    def count(self, done: int, total: int) -> None:
        """Show `done` of `total`; on plain output at most every five seconds."""
        if self._progress is not None and self._task is not None:
            self._progress.update(self._task, completed=done, total=total)
        elif time.monotonic() - self._shown > 5:
            self._shown = time.monotonic()
            write_line(f"  … {self.label}: {done}/{total}")

    def close(self) -> None:
        """Remove the step from the display."""
        if self._progress is not None and self._task is not None:
            self._progress.remove_task(self._task)


class Display:
    """The start-up's output; also prints what must stay readable below it."""

    def __init__(self) -> None:
        self._console = Console(highlight=False)
        columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(20), MofNCompleteColumn())
        live = self._console.is_terminal
        self._progress = Progress(*columns, console=self._console, transient=True) if live else None
        if self._progress is not None:
            self._progress.start()

    @contextmanager
    def step(self, label: str) -> Iterator[Step]:
        """Show a step while it runs, and one line when it is done; a failed step prints nothing."""
        started = time.monotonic()
        step = Step(self._progress, label)
        if self._progress is None:
            write_line(f"  … {label}")
        try:
            yield step
        finally:
            step.close()
        self.say(f"  ✓ {step.label}  ({time.monotonic() - started:.1f} s)")

    def say(self, text: str) -> None:
        """Print a line above the progress."""
        if self._progress is not None:
            with suppress(OSError):
                self._console.print(text, markup=False, soft_wrap=True)
        else:
            write_line(text)

    def close(self) -> None:
        """End the progress display."""
        if self._progress is not None:
            self._progress.stop()


def complain(text: str) -> None:
    """Print the line of a failure."""
    print(text, file=sys.stderr, flush=True)


def answered(work: Callable[[], int]) -> int:
    """Return the exit code of a command's work; 1 after one line where it cannot be done."""
    try:
        return work()
    except StartError as error:
        complain(str(error))
    except OSError as error:
        complain(str(explain(error)))
    return 1
