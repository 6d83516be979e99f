"""Images, and the compose project on a private machine, for all tests of this folder. They need root and Debian 12."""

import os
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from tests.images.namespaces import Machine
from tests.images.project import HOST, Project
from tests.images.remains import Remains, remains
from tests.images.store import Store
from tests.support import apt

PACKAGES = (
    *("buildah", "podman", "crun", "mmdebstrap", "netavark", "aardvark-dns", "uidmap", "fuse-overlayfs", "iptables"),
)


@pytest.fixture(scope="session")
def before() -> Remains:
    """What is on the machine before any container; packages are installed by now."""
    if os.geteuid() != 0:
        apt.cannot_run("needs root: private namespaces, mounts, images with files of several accounts")
    programs = ("buildah", "podman", "crun", "mmdebstrap", "iptables-save")
    apt.need(PACKAGES, lambda: all(shutil.which(program) for program in programs))
    return remains()


@pytest.fixture(scope="session")
def folder(before: Remains) -> Iterator[Path]:
    """Folder of this run, outside of what is kept: it holds secrets."""
    with TemporaryDirectory(prefix="ilp-images-") as name:
        Path(name).chmod(0o755)  # containers read from it with accounts of their own
        yield Path(name)


@pytest.fixture(scope="session")
def store(folder: Path) -> Store:
    """Where images are."""
    return Store.prepared(folder)


@pytest.fixture(scope="session")
def image(store: Store) -> str:
    """The platform's image, pinned, built now or found unchanged."""
    return store.build()


@pytest.fixture(scope="session")
def stand_ins(store: Store, image: str) -> Mapping[str, str]:
    """Images that stand in for public ones, by logical name."""
    return store.build_stand_ins()


@pytest.fixture(scope="module")
def machine(store: Store, folder: Path, request: pytest.FixtureRequest) -> Iterator[Machine]:
    """A private machine of the module, with the images."""
    name = request.module.__name__.rpartition(".")[2]
    with Machine(folder, store.for_running(name), [HOST]) as machine:
        yield machine


@pytest.fixture(scope="module")
def project(machine: Machine, folder: Path, image: str, stand_ins: Mapping[str, str]) -> Project:
    """The compose project, prepared as an installer does it, not started."""
    project = Project(machine, folder / "site")
    project.prepare(stand_ins)
    return project
