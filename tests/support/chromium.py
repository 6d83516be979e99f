"""Debian's Chromium and the font of the pages: found, or installed through apt where that is allowed.

The headless shell is Chromium without windows of its own: it draws the same pages for half the computing. Where neither
can be found nor installed, the browser tests are skipped with that reason, and in CI they fail.
"""

import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

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
INSTALL_S = 600


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
    refusal = _install()
    path = _found()
    if path is None:
        raise MissingBrowserError(f"Chromium tidak ada / is missing: {refusal or 'apt installed nothing usable'}")
    return Chromium(path, FONT.exists(), f"font missing: {refusal}" if refusal else "installed now through apt")


def _found() -> Path | None:
    """Return the first of the programs that is there."""
    return next((Path(path) for name in PROGRAMS if (path := shutil.which(name))), None)


def _install() -> str:
    """Installs what is missing; empty, or the reason why not."""
    apt = shutil.which("apt-get")
    if apt is None:
        return "no apt-get on this machine"
    if os.geteuid() == 0:
        prefix: list[str] = []
    elif (sudo := shutil.which("sudo")) and _succeeds([sudo, "-n", "true"]):
        prefix = [sudo, "-n"]
    else:
        return f"apt needs root or sudo without a password; run: apt-get install {PROGRAMS[0]} {FONT_PACKAGE}"
    quiet = [*prefix, "env", "DEBIAN_FRONTEND=noninteractive", apt, "-q"]
    install = [*quiet, "install", "-y", "--no-install-recommends", FONT_PACKAGE]
    for _ in range(2):
        if any(_succeeds([*install, program]) for program in PROGRAMS):
            return ""
        _succeeds([*quiet, "update"])
    return "apt-get install failed (no package source within reach?)"


def _succeeds(command: list[str]) -> bool:
    try:
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, timeout=INSTALL_S, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0
