"""The steps of a start: shown as they run, and noted in `run.json` for `make status`, which then says "starting"."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from deploy.dev.child import Identity
from deploy.dev.display import Display, Step
from deploy.dev.ledger import Ledger, boot_id
from deploy.dev.vault import CLEAN, read_json


class Steps:
    """What a start has done and what it is doing; `finish` ends the start, later steps are shown only."""

    def __init__(self, display: Display, ledger: Ledger) -> None:
        self._display = display
        self._ledger = ledger
        self._since = datetime.now(UTC).isoformat(timespec="seconds")
        self._done: list[dict[str, object]] = []
        self._under_way: list[str] = []
        self._complete = False

    def begin(self) -> None:
        """Note that this process starts the platform."""
        self._note()

    @contextmanager
    def step(self, label: str) -> Iterator[Step]:
        """Show and note a step while it runs, and when it is done."""
        started = time.monotonic()
        self._under_way.append(label)
        self._note()
        try:
            with self._display.step(label) as step:
                yield step
            self._done.append({"step": step.label, "seconds": round(time.monotonic() - started, 1)})
        finally:
            self._under_way.remove(label)
            self._note()

    def finish(self) -> None:
        """Note that everything is ready."""
        self._complete = True
        self._write()

    def _note(self) -> None:
        if not self._complete:
            self._write()

    def _write(self) -> None:
        identity = Identity.of(os.getpid())
        process = {"pid": os.getpid(), "started": identity.started if identity else 0}
        start = {"since": self._since, "done": self._done, "under_way": self._under_way, "complete": self._complete}
        self._ledger.note(start=process | start)


def start_under_way(run: Path) -> dict[str, Any] | None:
    """Return what the start under way has done (`done`) and does (`under_way`); None where no process is starting."""
    content = read_json(run, CLEAN)
    start = content.get("start")
    if content.get("boot") != boot_id() or not isinstance(start, Mapping) or start["complete"]:
        return None
    if not Identity(start["pid"], start["started"]).alive:
        return None
    return {name: start[name] for name in ("since", "done", "under_way")}
