"""A program that the runner has started: its exit code, and the CPU seconds of it and of all that it has waited for."""

import os
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
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

    def wait(self) -> Ended:
        """Wait for its end."""
        _, status, usage = os.wait4(self._process.pid, 0)
        self._process.returncode = os.waitstatus_to_exitcode(status)
        return Ended(self._process.returncode, usage.ru_utime + usage.ru_stime, time.monotonic() - self._began)

    def interrupt(self) -> None:
        """Ask it to end (SIGINT), if it still runs, and wait until it has."""
        if self._process.returncode is None:
            self._process.send_signal(signal.SIGINT)
            self.wait()
