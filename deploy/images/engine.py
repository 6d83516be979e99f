"""The container engine of this machine: `ENGINE` says which, else Docker where it answers, else Podman."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Mapping

from deploy.dev.failure import StartError


def engine(environment: Mapping[str, str]) -> str:
    """Return the program of the engine; raises StartError where it is not here."""
    if chosen := environment.get("ENGINE"):
        if shutil.which(chosen) is None:
            raise StartError(f"ENGINE={chosen}: tidak ada program itu di sini / no such program is here")
        return chosen
    if docker_answers():
        return "docker"
    if shutil.which("podman"):
        return "podman"
    raise StartError("Tidak ada Docker maupun Podman: pasang salah satu / no Docker and no Podman: install one of them")


def docker_answers() -> bool:
    """Tell whether a Docker engine runs here."""
    if not shutil.which("docker"):
        return False
    asked = subprocess.run(["docker", "version"], stdin=subprocess.DEVNULL, capture_output=True, check=False)
    return asked.returncode == 0
