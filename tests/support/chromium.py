"""Debian's Chromium and the font of the pages: found, or installed through apt where that is allowed.

The headless shell is Chromium without windows of its own: it draws the same pages for half the computing. Where neither
can be found nor installed, the browser tests are skipped with that reason, and in CI they fail.
"""

import shutil
from dataclasses import dataclass
from pathlib import Path

from tests.support import apt

PROGRAMS = ("chromium-headless-shell", "chromium")
"""The better one first; the packages have the same names."""
FONT_PACKAGE = "fonts-noto-core"
FONT = Path("/usr/share/fonts/truetype/noto/NotoSans-Regular.ttf")
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


class MissingBrowserError(Exception):
    """There is no Chromium; the text is one line that says why it could not be installed."""


@dataclass(frozen=True)
class Chromium:
    """The program, whether the pages' font is there too, and how both came here."""

    path: Path
    has_font: bool
    origin: str


def provide() -> Chromium:
    """Return Chromium, installed now where it was missing; MissingBrowserError otherwise."""
    if (path := _found()) and FONT.exists():
        return Chromium(path, True, "found")
    refusal = apt.install(*((program, FONT_PACKAGE) for program in PROGRAMS))
    path = _found()
    if path is None:
        raise MissingBrowserError(f"Chromium tidak ada / is missing: {refusal or 'apt installed nothing usable'}")
    return Chromium(path, FONT.exists(), f"font missing: {refusal}" if refusal else "installed now through apt")


def _found() -> Path | None:
    """Return the first of the programs that is there."""
    return next((Path(path) for name in PROGRAMS if (path := shutil.which(name))), None)
