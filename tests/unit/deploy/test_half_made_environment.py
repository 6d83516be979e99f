"""`make` on a Python without python3-venv: one line with the way out, and nothing half made in the way of the next try.

Packages are never fetched (PIP_NO_INDEX): the last line of a try that made the environment says so.
"""

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.dev import bootstrap
from tests.support.bare_python import BarePython

ROOT = Path(__file__).resolve().parents[3]
NO_VENV = "install python3-venv as root and try again"
NO_PACKAGES = "cannot fetch Python packages"
MAKING = "making the Python environment"


class Clone:
    """A clean folder with what the first step of every make target reads."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.path = folder / "ilp", folder / "path"
        self.python = BarePython(folder / "python")
        self.path.mkdir()
        for name in (bootstrap.BOOTSTRAP, bootstrap.LOCKED, *(f"{m}/pyproject.toml" for m in bootstrap.MEMBERS)):
            (self.folder / name).parent.mkdir(parents=True, exist_ok=True)
            (self.folder / name).write_bytes((ROOT / name).read_bytes())
        program = self.folder / "deploy/dev/bootstrap.py"
        program.parent.mkdir(parents=True)
        program.write_bytes((ROOT / "deploy/dev/bootstrap.py").read_bytes())

    def make(self) -> list[str]:
        """Try it once, with no other programs than those of `path`; returns the lines that a user sees."""
        done = subprocess.run(
            [str(self.python.program), "deploy/dev/bootstrap.py"],
            cwd=self.folder,
            env={"PATH": str(self.path), "PIP_NO_INDEX": "1", "HOME": str(self.folder)},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 1, "no try can get packages"
        return done.stderr.splitlines()

    def has_pip(self) -> bool:
        """Tell whether the environment that was made has a pip that works."""
        pip = [str(self.folder / ".venv/bin/python"), "-m", "pip", "--version"]
        return subprocess.run(pip, capture_output=True, check=False).returncode == 0


@pytest.fixture
def clone(tmp_path: Path) -> Iterator[Clone]:
    yield Clone(tmp_path)
    shutil.rmtree(tmp_path)  # pip's own files look like secrets to the watch of this run


def test_a_first_try_without_python3_venv_leaves_nothing_in_the_way_of_the_next(clone: Clone) -> None:
    first = clone.make()
    assert len(first) == 2
    assert NO_VENV in first[-1]
    assert clone.make() == first, "still missing, still the same line"
    if os.geteuid() == 0:
        clone.python.write_apt_get(clone.path)  # as root, the next try installs what is missing
    else:
        clone.python.install_ensurepip()
    second = clone.make()
    assert MAKING in second[0]
    assert NO_PACKAGES in second[-1]
    assert clone.has_pip()


def test_only_an_environment_that_was_finished_is_kept(clone: Clone) -> None:
    left = [str(clone.python.program), "-m", "venv", "--without-pip", str(clone.folder / ".venv")]
    subprocess.run(left, check=True)
    (clone.folder / ".venv/left").touch()
    clone.python.install_ensurepip()
    lines = clone.make()
    assert MAKING in lines[0]
    assert NO_PACKAGES in lines[-1]
    assert clone.has_pip()
    assert not (clone.folder / ".venv/left").exists()

    stamp, marker = clone.folder / ".venv/.ilp-stamp", clone.folder / ".venv/kept"
    stamp.write_text("of another commit")
    marker.touch()
    assert MAKING not in clone.make()[0]
    assert marker.exists()
    assert not stamp.exists(), "its update failed: it is half made now"
