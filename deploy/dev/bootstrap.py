"""The creation and refresh of `.venv` from the hash-locked requirement files, the first step of every make target.

It runs on the system's Python with the standard library only, because a new machine has nothing else yet. A stamp
inside `.venv` (hash of everything that decides its content) makes the warm path instant; an environment without it was
never finished, and is made new. Every failure is one line with the way out.
"""

from __future__ import annotations

import fcntl
import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
MEMBERS = (
    "shared",
    "services/registry",
    "services/screening",
    "services/cluster-services",
    "services/monitoring",
)
BOOTSTRAP = "deploy/requirements/bootstrap.txt"
LOCKED = "deploy/requirements/dev.txt"
STAMP = ".ilp-stamp"
DISK_FULL = "Disk penuh: kosongkan ruang lalu ulangi / disk full: free some space and try again"


class BootstrapError(Exception):
    """The environment cannot be made; the text is the line that the user sees."""


def fingerprint(root: Path, python: tuple[int, ...] = sys.version_info[:3]) -> str:
    """Return the hash of what decides the environment's content: Python, folder, requirement and project files."""
    digest = hashlib.sha256(f"{python} {root}".encode())
    projects = [f"{member}/pyproject.toml" for member in MEMBERS]
    for name in (BOOTSTRAP, LOCKED, *projects):
        digest.update(name.encode() + b"\0" + (root / name).read_bytes())
    return digest.hexdigest()


def is_current(root: Path, content: str) -> bool:
    """Tell whether `.venv` was completed from exactly these files."""
    stamp = root / ".venv" / STAMP
    try:
        return stamp.read_text() == content and (root / ".venv/bin/python").exists()
    except OSError:
        return False


def run(command: list[str], log: Path) -> bool:
    """Run a command with its output in the log; tell whether it succeeded."""
    with log.open("ab") as out:
        out.write(f"\n$ {' '.join(command)}\n".encode())
        out.flush()
        environment = {**os.environ, "UV_PYTHON_DOWNLOADS": "never", "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
        environment.pop("VIRTUAL_ENV", None)
        finished = subprocess.run(command, cwd=ROOT, env=environment, stdout=out, stderr=out, check=False)
    return finished.returncode == 0


def make_venv(venv: Path, log: Path) -> list[str]:
    """Return the pip command of a whole environment, made new if it is missing, half made or of another Python.

    The stamp is removed first: what is cut off or fails from here on leaves a half-made environment.
    """
    python, stamp = venv / "bin/python", venv / STAMP
    whole = stamp.exists() and python.exists() and run([str(python), "-c", f"import sys; sys.exit({_mismatch()})"], log)
    stamp.unlink(missing_ok=True)
    if not whole:
        _remove(venv)
        _create(venv, log)
    inside = [str(python), "-m", "pip"]
    outside = [sys.executable, "-m", "pip", "--python", str(python)]
    for pip in (inside, outside):
        if run([*pip, "--version"], log):
            return pip
    _remove(venv)
    raise BootstrapError(_lacks_venv(log))


def _mismatch() -> str:
    return f"sys.version_info[:2] != {tuple(sys.version_info[:2])}"


def _remove(venv: Path) -> None:
    try:
        shutil.rmtree(venv)
    except FileNotFoundError:
        return
    except OSError as error:
        raise BootstrapError(
            f"{venv} tidak dapat dihapus ({error.strerror}): hapus sendiri, lalu ulangi"
            " / cannot be removed: remove it yourself and try again"
        ) from error


def _create(venv: Path, log: Path) -> None:
    say("[1/3] membuat lingkungan Python / making the Python environment")
    create = [sys.executable, "-m", "venv", str(venv)]
    if not _has_venv(log):
        if importlib.util.find_spec("pip") is not None:
            create.append("--without-pip")
        elif os.geteuid() == 0 and shutil.which("apt-get"):
            say("      memasang python3-venv / installing python3-venv")
            run(["apt-get", "update", "-q"], log)
            run(["apt-get", "install", "-y", "-q", "--no-install-recommends", "python3-venv"], log)
    if run(create, log):
        return
    _remove(venv)
    raise BootstrapError(_no_environment(log) if _has_venv(log) else _lacks_venv(log))


def _has_venv(log: Path) -> bool:
    """Tell whether this Python can make an environment with pip; Debian has that in a package of its own."""
    return run([sys.executable, "-c", "import ensurepip, venv"], log)


def _lacks_venv(log: Path) -> str:
    return (
        "Python tanpa modul venv: jalankan `apt-get install python3-venv` sebagai root, lalu ulangi"
        f" / Python lacks venv: install python3-venv as root and try again (log: {log})"
    )


def _no_environment(log: Path) -> str:
    if "No space left" in log.read_text(errors="replace"):
        return DISK_FULL
    return f"Lingkungan Python tidak dapat dibuat / cannot make the Python environment (log: {log})"


def install(venv: Path, log: Path, pip: list[str]) -> None:
    """Install the locked packages and the workspace members; raises BootstrapError without a network."""
    say("[2/3] memasang paket terkunci / installing locked packages")
    quiet = ["install", "--quiet", "--retries", "2", "--require-hashes", "-r"]
    uv = [
        str(venv / "bin/uv"),
        "pip",
        "install",
        "--compile-bytecode",
        "--no-config",
        "--python",
        str(venv / "bin/python"),
    ]
    if not run([*pip, *quiet, BOOTSTRAP], log):
        raise BootstrapError(_no_packages(log))
    if not run([*uv, "--require-hashes", "-r", LOCKED], log) and not run([*pip, *quiet, LOCKED], log):
        raise BootstrapError(_no_packages(log))
    say("[3/3] memasang anggota proyek / installing the project's members")
    editable = [word for member in MEMBERS for word in ("--editable", f"./{member}")]
    if not run([*uv, "--offline", "--no-deps", "--no-build-isolation", *editable], log):
        raise BootstrapError(
            f"Anggota proyek tidak dapat dipasang; baca {log} / project members could not be installed"
        )


def _no_packages(log: Path) -> str:
    text = log.read_text(errors="replace")
    if "No space left" in text:
        return DISK_FULL
    if "DO NOT MATCH THE HASHES" in text or "Hash mismatch" in text:
        return f"Paket tidak cocok dengan hash terkunci / a package fails its locked hash (log: {log})"
    if "CERTIFICATE_VERIFY_FAILED" in text or "invalid peer certificate" in text:
        return (
            "Sertifikat sumber paket tidak dikenal, mungkin dari proksi: isi PIP_CERT dan SSL_CERT_FILE dengan berkas"
            " CA-nya / the certificate of the package source is not trusted, perhaps that of a proxy: set PIP_CERT and"
            f" SSL_CERT_FILE to the file of its CA (log: {log})"
        )
    return (
        "Paket Python tidak dapat diambil: periksa jaringan atau proxy pip, lalu ulangi"
        f" / cannot fetch Python packages: check the network or pip's proxy and try again (log: {log})"
    )


def say(text: str) -> None:
    """Print a progress line at once, on stderr: stdout belongs to targets such as `make token`."""
    print(text, file=sys.stderr, flush=True)


def ensure_environment(root: Path) -> None:
    """Bring `.venv` in line with the committed files; instant if it already is."""
    content = fingerprint(root)
    if is_current(root, content):
        return
    with (root / BOOTSTRAP).open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # two make commands at once: the second waits, then finds it done
        if is_current(root, content):
            return
        venv = root / ".venv"
        log = root / "build" / "bootstrap.log"
        log.parent.mkdir(exist_ok=True)
        log.write_bytes(b"")
        pip = make_venv(venv, log)
        install(venv, log, pip)
        (venv / STAMP).write_text(content)


def main() -> int:
    """Make the environment; return 1 after one line if that fails."""
    if sys.version_info < (3, 11):  # noqa: UP036  the system's Python decides, not our requires-python
        say("Perlu Python 3.11 atau lebih baru / Python 3.11 or newer is needed")
        return 1
    try:
        ensure_environment(ROOT)
    except BootstrapError as error:
        say(str(error))
        return 1
    except OSError as error:
        say(f"Lingkungan Python tidak dapat dibuat / cannot make the Python environment: {error}")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
