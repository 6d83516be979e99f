"""A real control plane from source: `make cluster-tools` builds it into the user's cache, once for each version.

Go comes from a hash-locked package; etcd, API server, scheduler, controller manager, kubectl and kwok (machines that
run nothing) from Go modules whose sums are committed (`control-plane/go.sum`, `kwok/go.sum`). It needs half an hour of
two quiet cores and 4 GB of disk, of which 0.4 GB stay. `python -m tests.cluster.tools lock` writes the modules again.
"""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

from deploy.dev.config import ROOT, cache_folder
from deploy.dev.lock import GO, GO_VERSION

HERE: Final = Path(__file__).parent
VERSION: Final = "1.36.3"
ETCD: Final = "3.6.8"
KWOK: Final = "0.8.0"
_KUBERNETES: Final = "k8s.io/kubernetes"
COMMANDS: Final[Mapping[str, tuple[str, str, str]]] = {
    "etcd": ("control-plane", "go.etcd.io/etcd/server/v3", ETCD),
    "kube-apiserver": ("control-plane", f"{_KUBERNETES}/cmd/kube-apiserver", VERSION),
    "kube-scheduler": ("control-plane", f"{_KUBERNETES}/cmd/kube-scheduler", VERSION),
    "kube-controller-manager": ("control-plane", f"{_KUBERNETES}/cmd/kube-controller-manager", VERSION),
    "kubectl": ("control-plane", f"{_KUBERNETES}/cmd/kubectl", VERSION),
    "kwok": ("kwok", "sigs.k8s.io/kwok/cmd/kwok", KWOK),
}
"""Each command with the folder of its module, its package, and its version."""
_STAGING: Final = re.compile(r"^\s*(\S+) => \./staging/", re.MULTILINE)


def tools_folder(environment: Mapping[str, str] = os.environ) -> Path:
    """Return where the commands are, beside Kafka's jars."""
    return cache_folder(environment) / f"kubernetes-{VERSION}"


def missing(folder: Path) -> list[str]:
    """Return the commands that are not built yet."""
    return [name for name in COMMANDS if not (folder / name).is_file()]


def build(folder: Path) -> None:
    """Build what is missing; raises CalledProcessError. What is cut off leaves no half command."""
    scratch = folder / "build"
    go = _install_go(folder)
    for name in missing(folder):
        module, package, version = COMMANDS[name]
        print(f"{name} {version}: from source", flush=True)
        draft = scratch / name
        stamp = f"-X k8s.io/component-base/version.gitVersion=v{version}"
        numbers = "".join(
            f" -X k8s.io/component-base/version.git{part}={number}"
            for part, number in zip(("Major", "Minor"), version.split("."), strict=False)
        )
        flags = ["-trimpath", "-buildvcs=false", "-mod=readonly", f"-ldflags=-s -w {stamp}{numbers}"]
        command = [str(go), "build", *flags, "-o", str(draft), package]
        subprocess.run(command, cwd=HERE / module, env=_environment(go, scratch), check=True)
        draft.replace(folder / name)
    _remove(scratch)


def _install_go(folder: Path) -> Path:
    """Return the locked Go, installed where the build is; it goes with it."""
    home = folder / "build" / f"go-{GO_VERSION.partition('==')[2]}"
    home.parent.mkdir(parents=True, exist_ok=True)
    go = home / "go" / "bin" / "go"
    if not go.is_file():
        draft = home.with_name(home.name + ".new")
        shutil.rmtree(draft, ignore_errors=True)
        options = ["--quiet", "--require-hashes", "--only-binary", ":all:", "--target", str(draft)]
        subprocess.run([sys.executable, "-m", "pip", "install", *options, "-r", str(ROOT / GO)], check=True)
        draft.replace(home)
    return go


def _environment(go: Path, scratch: Path) -> dict[str, str]:
    """Return Go's environment: caches of its own, and no other Go than the locked one."""
    scratch.mkdir(parents=True, exist_ok=True)
    (scratch / "tmp").mkdir(exist_ok=True)
    own = {
        "GOTOOLCHAIN": "local",
        "GOMODCACHE": str(scratch / "modules"),
        "GOCACHE": str(scratch / "cache"),
        "GOTMPDIR": str(scratch / "tmp"),
        "GOFLAGS": "-modcacherw",
        "GOWORK": "off",
        "CGO_ENABLED": "0",
        "GOROOT": str(go.parents[1]),
    }
    return {**os.environ, **own}


def _remove(scratch: Path) -> None:
    shutil.rmtree(scratch, ignore_errors=True)


def lock(folder: Path) -> None:
    """Write the modules again: Kubernetes' parts are published apart, and its own module names them by folders."""
    go = _install_go(folder)
    environment = _environment(go, folder / "build")
    for module in ("control-plane", "kwok"):
        packages = [f"{package}@v{version}" for of, package, version in COMMANDS.values() if of == module]
        (HERE / module / "go.sum").unlink(missing_ok=True)
        lines = [f"module ilp/{module}", "", "go 1.26.0", ""]
        if module == "control-plane":
            lines += ["replace (", *_replacements(go, environment), ")", ""]
        (HERE / module / "go.mod").write_text("\n".join(lines), encoding="utf-8")
        subprocess.run([str(go), "get", "-tool", *packages], cwd=HERE / module, env=environment, check=True)


def _replacements(go: Path, environment: Mapping[str, str]) -> Iterator[str]:
    """Yield where each part of Kubernetes is published: the same version, with 0 for 1."""
    query = [str(go), "mod", "download", "-json", f"{_KUBERNETES}@v{VERSION}"]
    answer = subprocess.run(query, cwd=HERE, env=environment, capture_output=True, text=True, check=True).stdout
    module = re.search(r'"GoMod": "([^"]+)"', answer)
    assert module is not None
    published = "0." + VERSION.partition(".")[2]
    for name in _STAGING.findall(Path(module[1]).read_text(encoding="utf-8")):
        yield f"\t{name} => {name} v{published}"


def main(arguments: Sequence[str]) -> int:
    """Build what is missing, or lock the modules; return 1 where that fails, 2 for a wrong call."""
    if list(arguments) not in ([], ["lock"]):
        sys.stderr.write("usage: python -m tests.cluster.tools [lock]\n")
        return 2
    folder = tools_folder()
    folder.mkdir(parents=True, exist_ok=True)
    try:
        lock(folder) if arguments else build(folder)
    except subprocess.CalledProcessError as error:
        sys.stderr.write(f"cluster-tools: {Path(str(error.cmd[0])).name} ended with {error.returncode}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
