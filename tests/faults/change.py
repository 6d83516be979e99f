"""What the selection of faults needs to know of the repository: the commit, what has changed, and the commits before.

Nothing is assumed where git does not know: a copy without history has no change and no past.
"""

import subprocess
from collections.abc import Sequence
from dataclasses import dataclass

from deploy.dev.config import ROOT

BASES = ("origin/main", "main")
_LONGEST = 1_000


@dataclass(frozen=True)
class Change:
    """The files that differ from a base."""

    base: str
    """How it is called, for the summary."""
    paths: Sequence[str]


def _git(*arguments: str) -> str | None:
    """Return what git prints; None when it refuses or is not there."""
    try:
        done = subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=False)
    except OSError:
        return None
    return done.stdout.strip() if done.returncode == 0 else None


def head() -> str | None:
    """Return the present commit."""
    return _git("rev-parse", "HEAD")


def history() -> list[str]:
    """Return the commits from the present one backwards."""
    return (_git("rev-list", f"--max-count={_LONGEST}", "HEAD") or "").split()


def reaches_back(commits: int) -> bool:
    """Tell whether git knows so many commits before the present one, or all that there are."""
    return len(history()) > commits or _git("rev-parse", "--is-shallow-repository") == "false"


def change() -> Change | None:
    """Return what differs from where this branch began, or from the commit before; None when that is not known.

    Changes that are not committed yet, and new files, are part of it.
    """
    present = head()
    for name in BASES:
        base = _git("merge-base", name, "HEAD")
        if base and base != present:
            return _since(base, f"{name} ({base[:7]})")
    before = _git("rev-parse", "HEAD~1")
    return _since(before, f"the commit before ({before[:7]})") if before else None


def _since(base: str, name: str) -> Change | None:
    differing = _git("diff", "--name-only", "-z", base)
    new = _git("ls-files", "-z", "--others", "--exclude-standard")
    if differing is None:
        return None
    return Change(name, sorted({*differing.split("\0"), *(new or "").split("\0")} - {""}))
