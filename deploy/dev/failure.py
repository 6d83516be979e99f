"""The one exception of the one-command run: its text is the single line that a user sees, with the way out.

Raised by every part of the start-up, caught once in `up.py`, `status.py` and their like.
"""

from __future__ import annotations

import errno
from pathlib import Path


class StartError(Exception):
    """The platform cannot start; the text says why and what to do, Indonesian first."""


def explain(error: OSError) -> StartError:
    """Turns a system error of the start-up into one line a person can act on."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return StartError("Disk penuh: kosongkan ruang lalu ulangi / disk full: free some space")
    return StartError(f"Gagal karena sistem: {error} / System error: {error}")


def last_line(log: Path, *marks: str) -> str:
    """The last line of a log that carries one of the marks (else the last line), for error messages."""
    try:
        lines = [line.strip() for line in log.read_text(errors="replace").splitlines() if line.strip()]
    except OSError:
        return ""
    marked = [line for line in lines[-200:] if any(mark in line for mark in marks)]
    return (marked or lines or [""])[-1][:300]
