"""Debian packages that tests need: installed through apt, where that is allowed.

Where they can be neither found nor installed, the tests that need them are skipped with that reason; in CI they fail.
"""

import os
import shutil
import subprocess
from collections.abc import Callable, Sequence

import pytest

INSTALL_S = 600
LOCK_S = 300
"""Patience with another installation on this machine."""


def install(*choices: Sequence[str]) -> str:
    """Install the packages of the first choice that can be had; empty, or in one line the reason why none can.

    No service of a package is started: `RUNLEVEL=1` says so to the packages' own scripts.
    """
    apt = shutil.which("apt-get")
    if apt is None:
        return "no apt-get on this machine"
    if os.geteuid() == 0:
        prefix: list[str] = []
    elif (sudo := shutil.which("sudo")) and _succeeds([sudo, "-n", "true"]):
        prefix = [sudo, "-n"]
    else:
        return f"apt needs root or sudo without a password; run: apt-get install {' '.join(choices[0])}"
    quiet = [*prefix, "env", "DEBIAN_FRONTEND=noninteractive", "RUNLEVEL=1", apt, "-q"]
    quiet += ["-o", f"DPkg::Lock::Timeout={LOCK_S}"]
    for _ in range(2):
        if any(_succeeds([*quiet, "install", "-y", "--no-install-recommends", *packages]) for packages in choices):
            return ""
        _succeeds([*quiet, "update"])
    return "apt-get install failed (no package source within reach?)"


def need(packages: Sequence[str], are_there: Callable[[], bool]) -> None:
    """Install what is missing; where that fails, say why the tests do not run here."""
    refusal = "" if are_there() else install(packages)
    if not are_there():
        cannot_run(f"{', '.join(packages)}: {refusal or 'apt installed nothing usable'}")


def cannot_run(reason: str) -> None:
    """Say why tests do not run here; in CI they have to."""
    pytest.fail(reason) if os.environ.get("CI") else pytest.skip(reason)


def _succeeds(command: list[str]) -> bool:
    try:
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, timeout=INSTALL_S, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0
