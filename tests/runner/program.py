"""A program that the runner has started: its exit code, and the CPU seconds of it and of all that it has waited for.

A thread waits for its end, so that what it took does not depend on when one asks.
"""

import os
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from threading import Thread
from typing import NamedTuple

from deploy.dev.config import ROOT


class Ended(NamedTuple):
    """How a program ended, and what it cost."""

    code: int
    cpu_s: float
    wall_s: float


class Program:
    """One program under way, in the repository's folder; its output goes straight through, or to a file."""

    def __init__(self, command: Sequence[str], env: Mapping[str, str], output: Path | None = None) -> None:
        self._began = time.monotonic()
        if output is None:
            self._process = subprocess.Popen(command, cwd=ROOT, env=env)
        else:
            with output.open("wb") as file:
                self._process = subprocess.Popen(command, cwd=ROOT, env=env, stdout=file, stderr=file)
        self._ended: Ended | None = None
        self._waiting = Thread(target=self._wait, daemon=True)
        self._waiting.start()

    def _wait(self) -> None:
        _, status, usage = os.wait4(self._process.pid, 0)
        self._process.returncode = code = os.waitstatus_to_exitcode(status)
        self._ended = Ended(code, usage.ru_utime + usage.ru_stime, time.monotonic() - self._began)

    def wait(self) -> Ended:
        """Wait for its end."""
        self._waiting.join()
        assert self._ended is not None
        return self._ended

    def interrupt(self) -> None:
        """Ask it to end (SIGINT), if it still runs, and wait until it has."""
        if self._ended is None:
            os.kill(self._process.pid, signal.SIGINT)
        self.wait()
