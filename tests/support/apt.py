"""Debian packages that tests need: installed through apt, where that is allowed."""

import os
import shutil
import subprocess
from collections.abc import Sequence

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


def _succeeds(command: list[str]) -> bool:
    try:
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, timeout=INSTALL_S, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0
