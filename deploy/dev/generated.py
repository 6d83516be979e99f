"""Documents that are generated from the code: written by `make schemas` or `make manifests`, compared by tests."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from deploy.dev.config import ROOT


def write_or_check(
    arguments: Sequence[str], module: str, document: Path, render: Callable[[], str], *, target: str = "schemas"
) -> int:
    """Write a document, or compare it with what the code says; return 1 if it differs, 2 for a wrong call."""
    if list(arguments) not in (["write"], ["check"]):
        sys.stderr.write(f"usage: python -m {module} write|check\n")
        return 2
    text = render()
    if list(arguments) == ["write"]:
        document.write_text(text, encoding="utf-8")
    elif not document.exists() or document.read_text(encoding="utf-8") != text:
        sys.stderr.write(f"{document.relative_to(ROOT)} differs from the code; run `make {target}`\n")
        return 1
    return 0
