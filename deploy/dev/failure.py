"""The exception of the one-command run: its text is the line that a user sees, with the way out."""

from __future__ import annotations

import errno
from pathlib import Path


class StartError(Exception):
    """The platform cannot start; the text says why and what to do, Indonesian first."""


def explain(error: OSError) -> StartError:
    """Return a system error of the start-up as a line that says what to do."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return StartError("Disk penuh: kosongkan ruang lalu ulangi / disk full: free some space")
    return StartError(f"Gagal karena sistem: {error} / System error: {error}")


def last_line(log: Path, *marks: str) -> str:
    """Return the last line of a log that contains one of the marks, else its last line."""
    try:
        lines = [line.strip() for line in log.read_text(errors="replace").splitlines() if line.strip()]
    except OSError:
        return ""
    marked = [line for line in lines[-200:] if any(mark in line for mark in marks)]
    return (marked or lines or [""])[-1][:300]
