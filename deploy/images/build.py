"""`make images`: the platform's image from the locked files, with Docker or, without any engine, with Buildah.

Both read the same Containerfile. `BASE` names the image that it begins with (default: the Containerfile's). Where no
registry is reachable, `BASE=local`: Debian 12 by mmdebstrap from Debian's own packages, kept in the cache folder.
`PUSH=registry/path` pushes the image; its digest there is then the pinned one. `ARCHIVE=file` writes an OCI archive.
What is made, beside the image: `build/images/pins.json` (its digest) and `build/images/ilp.cdx.json` (its bill).
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from pathlib import Path

from deploy.dev.config import ROOT, cache_folder
from deploy.dev.display import complain
from deploy.dev.environment import commit
from deploy.dev.failure import StartError
from deploy.images.engine import docker_answers
from deploy.images.pins import OWN, PINS, note

CONTAINERFILE = ROOT / "deploy" / "images" / "Containerfile"
BILL = PINS.with_name("ilp.cdx.json")
LOCAL = "local"
LOCAL_BASE = "localhost/ilp-base:bookworm"
NAME = "localhost/ilp"
_FILES = (".dockerignore", "deploy/images", "deploy/requirements", "services", "shared")
_CA = "/run/ca.pem"
_EXCLUDED = ("/usr/share/man/*", "/usr/share/info/*", "/usr/share/locale/*", "/usr/share/lintian/*")
_CERTIFICATES = ("PIP_CERT", "SSL_CERT_FILE", "REQUESTS_CA_BUNDLE")


def run(command: Sequence[str]) -> None:
    """Run a program with its output going through; raises StartError with its name when it fails."""
    if subprocess.run(command, cwd=ROOT, stdin=subprocess.DEVNULL, check=False).returncode != 0:
        raise StartError(f"{' '.join(command[:2])}: gagal, lihat di atas / failed, see above")


def read(command: Sequence[str]) -> str:
    """Return what a program prints; raises StartError when it fails."""
    done = subprocess.run(command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode != 0:
        raise StartError(f"{' '.join(command[:2])}: gagal, lihat di atas / failed, see above")
    return done.stdout.strip()


class Builder(ABC):
    """One program that builds images."""

    def __init__(self, program: str) -> None:
        self.program = program

    def build(self, base: str, environment: Mapping[str, str]) -> str:
        """Build the image and return its local name."""
        name = f"{NAME}:{commit() or 'unversioned'}"
        run([*self.command(base), *arguments(base, environment), "-f", str(CONTAINERFILE), "-t", name, str(ROOT)])
        return name

    @abstractmethod
    def command(self, base: str) -> list[str]:
        """Return the command that builds from a base (empty: that of the file), as far as it is this program's own."""

    @abstractmethod
    def pin(self, name: str, registry: str) -> str:
        """Return the pinned reference: of the registry where it was pushed, else of this machine."""

    @abstractmethod
    def bill(self, name: str) -> str:
        """Return the bill of materials that is in the image."""

    @abstractmethod
    def archive(self, name: str, file: Path) -> None:
        """Write an archive of the image."""


class Buildah(Builder):
    """Builds without an engine, in a chroot; layers are used again while nothing that they come from changes."""

    def command(self, base: str) -> list[str]:
        """Return the build: timestamps are those of the newest commit of its files, so that the same make the same."""
        stamp = read(["git", "log", "-1", "--format=%ct", "--", *_FILES]) or "0"
        pull = "--pull-never" if base == LOCAL_BASE else "--pull"
        return ["buildah", "build", "--isolation", "chroot", "--layers", "--timestamp", stamp, pull]

    def pin(self, name: str, registry: str) -> str:
        """Push where asked to, and return the digest."""
        if not registry:
            return f"{NAME}@{read(['buildah', 'images', '--format', '{{.Digest}}', name]).splitlines()[0]}"
        target = f"{registry.rstrip('/')}/{OWN}"
        digest = PINS.with_name("digest")
        run(["buildah", "push", "--digestfile", str(digest), name, f"docker://{target}:{name.rpartition(':')[2]}"])
        return f"{target}@{digest.read_text().strip()}"

    def bill(self, name: str) -> str:
        """Read it in a container that is removed again."""
        container = read(["buildah", "from", "--pull-never", name])
        try:
            return read(["buildah", "run", "--isolation", "chroot", container, "--", "cat", "/opt/ilp/sbom.cdx.json"])
        finally:
            read(["buildah", "rm", container])

    def archive(self, name: str, file: Path) -> None:
        """Write an OCI archive."""
        run(["buildah", "push", name, f"oci-archive:{file}:{name}"])


class Docker(Builder):
    """Builds with a Docker engine."""

    def command(self, base: str) -> list[str]:
        """Return the build."""
        return ["docker", "build"]

    def pin(self, name: str, registry: str) -> str:
        """Push where asked to; else return the image's id, which Docker takes for a reference."""
        if not registry:
            return read(["docker", "image", "inspect", "--format", "{{.Id}}", name])
        target = f"{registry.rstrip('/')}/{OWN}"
        pushed = f"{target}:{name.rpartition(':')[2]}"
        run(["docker", "tag", name, pushed])
        run(["docker", "push", pushed])
        digests = read(["docker", "image", "inspect", "--format", '{{join .RepoDigests "\\n"}}', pushed]).splitlines()
        return next(each for each in digests if each.startswith(f"{target}@"))

    def bill(self, name: str) -> str:
        """Read it in a container that is removed again."""
        return read(["docker", "run", "--rm", "--entrypoint", "/usr/bin/cat", name, "/opt/ilp/sbom.cdx.json"])

    def archive(self, name: str, file: Path) -> None:
        """Write Docker's archive."""
        run(["docker", "save", "--output", str(file), name])


def arguments(base: str, environment: Mapping[str, str]) -> list[str]:
    """Return the arguments of a build that depend on the machine: base, package index, certificate of a proxy."""
    chosen = ["--build-arg", f"BASE={base}"] if base else []
    if index := environment.get("PIP_INDEX_URL"):
        chosen += ["--build-arg", f"PIP_INDEX_URL={index}"]
    certificates = (environment.get(name) for name in _CERTIFICATES)
    if certificate := next((file for file in certificates if file and Path(file).is_file()), None):
        chosen += ["--secret", f"id=ca,src={certificate}", "--build-arg", f"PIP_CERT={_CA}"]
    return chosen


def builder(environment: Mapping[str, str]) -> Builder:
    """Return Docker where its engine answers and no other is asked for, else Buildah; raises StartError."""
    if environment.get("ENGINE", "docker") == "docker" and docker_answers():
        return Docker("docker")
    if shutil.which("buildah"):
        return Buildah("buildah")
    raise StartError(
        "Tidak ada Docker maupun Buildah / neither Docker nor Buildah: apt-get install buildah mmdebstrap uidmap"
    )


def local_base(cache: Path) -> str:
    """Return the name of a base image made of Debian's packages, without a registry; needs root. Raises StartError."""
    stored = read(["buildah", "images", "--format", "{{.Name}}:{{.Tag}}"]).splitlines()
    if LOCAL_BASE in stored:
        return LOCAL_BASE
    archive = cache / "images" / "bookworm.tar"
    if not archive.exists():
        if not shutil.which("mmdebstrap"):
            raise StartError("BASE=local: apt-get install mmdebstrap")
        archive.parent.mkdir(parents=True, exist_ok=True)
        draft = archive.with_suffix(".new.tar")
        excluded = [f"--dpkgopt=path-exclude={path}" for path in _EXCLUDED]
        run(["mmdebstrap", "--quiet", "--variant=minbase", *excluded, "bookworm", str(draft)])
        draft.replace(archive)
    container = read(["buildah", "from", "scratch"])
    try:
        read(["buildah", "add", container, str(archive), "/"])
        read(["buildah", "commit", "--timestamp", "0", container, LOCAL_BASE])
    finally:
        read(["buildah", "rm", container])
    return LOCAL_BASE


def build(environment: Mapping[str, str]) -> str:
    """Build, note and list the image; return its pinned reference. Raises StartError."""
    program = builder(environment)
    base = environment.get("BASE", "")
    if base == LOCAL:
        if not isinstance(program, Buildah):
            raise StartError("BASE=local: untuk Buildah saja / for Buildah only")
        base = local_base(cache_folder(environment))
    name = program.build(base, environment)
    PINS.parent.mkdir(parents=True, exist_ok=True)
    reference = program.pin(name, environment.get("PUSH", ""))
    note(OWN, reference)
    BILL.write_text(program.bill(name) + "\n", encoding="utf-8")
    if archive := environment.get("ARCHIVE"):
        program.archive(name, Path(archive))
    return reference


def main() -> int:
    """Run `make images`."""
    try:
        print(build(os.environ))
    except StartError as error:
        complain(str(error))
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
