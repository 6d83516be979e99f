"""A Python as Debian delivers it without `python3-venv`: real, in a folder of its own, without ensurepip and pip."""

import shutil
import sys
from pathlib import Path


class BarePython:
    """The interpreter of this run with links to its library, from which ensurepip is missing until it is installed."""

    def __init__(self, folder: Path) -> None:
        real = Path(sys.base_prefix)
        version = f"python{sys.version_info[0]}.{sys.version_info[1]}"
        self._library, self._real = folder / "lib" / version, real / "lib" / version
        self.program = folder / "bin/python3"
        self._library.mkdir(parents=True)
        self.program.parent.mkdir()
        shutil.copy2(Path(sys.executable).resolve(), self.program)
        for entry in self._real.iterdir():
            if entry.name not in ("ensurepip", "site-packages", "dist-packages"):
                (self._library / entry.name).symlink_to(entry)
        (self._library / "site-packages").mkdir()
        (folder / "include").symlink_to(real / "include")

    def install_ensurepip(self) -> None:
        """Do what `apt-get install python3-venv` does."""
        (self._library / "ensurepip").symlink_to(self._real / "ensurepip")

    def write_apt_get(self, folder: Path) -> None:
        """Put an `apt-get` into a folder that installs ensurepip when it is asked for python3-venv."""
        link = f"/bin/ln -s {self._real / 'ensurepip'} {self._library / 'ensurepip'}"
        program = folder / "apt-get"
        program.write_text(f'#!/bin/sh\ncase "$*" in install*python3-venv) {link};; esac\n')
        program.chmod(0o755)
