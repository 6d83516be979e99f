"""`make run` from a clean copy of the repository: cold, stopped by SIGTERM, and again with its data.

The copy makes its own environment, as on a newcomer's machine that has no python3-venv yet: root has it installed by
the run, another user reads how to install it and tries again. How long each start took is printed, not judged.
"""

import asyncio
import os
import shutil
import signal
import subprocess
import time
from pathlib import Path

import httpx2
import pytest

from deploy.dev.config import ROOT
from deploy.dev.vault import CLEAN, free_port, port_is_free, read_json
from tests.support.bare_python import BarePython
from tests.support.plain_http import plain_client
from tests.support.waiting import PATIENCE_S, eventually, patiently

COLD_S = 600


def copy_of_repository(target: Path) -> Path:
    """Copy the files that git would deliver, as they are now."""
    listing = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(listing, cwd=ROOT, capture_output=True, check=True).stdout.decode().split("\0")
    for name in filter(None, names):
        if (ROOT / name).is_file():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, target / name)
    return target


def alive_with(mark: str) -> list[str]:
    """Command lines of the processes whose arguments, environment or working folder name a path."""
    command_lines = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit() or int(entry.name) == os.getpid():
            continue
        try:
            words = (entry / "cmdline").read_bytes() + (entry / "environ").read_bytes()
            folder = str((entry / "cwd").readlink())
        except OSError:
            continue
        if mark.encode() in words or folder.startswith(mark):
            command_lines.append((entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace"))
    return command_lines


class Run:
    """One `make run` in the copy."""

    def __init__(self, copy: Path, data: Path, port: int) -> None:
        self._copy, self._data, self.port = copy, data, port
        self.python = BarePython(copy.parent / "python")
        self._programs = copy.parent / "programs"
        self._programs.mkdir()
        if os.geteuid() == 0:
            self.python.write_apt_get(self._programs)
        self.log = copy.parent / "make-run.log"
        self._make: asyncio.subprocess.Process | None = None

    async def _spawn(self) -> asyncio.subprocess.Process:
        names = {name: value for name, value in os.environ.items() if not name.startswith(("ILP_", "VIRTUAL_ENV"))}
        settings = {
            "ILP_PORT": str(self.port),
            "ILP_DATA_DIR": str(self._data),
            "ILP_DEMO_SPEED": "0",
            "ILP_DEMO_SCALE": "0.03",
            "ILP_DEMO_HISTORY": "off",
        }
        cache = {"ILP_CACHE_DIR": os.environ["ILP_CACHE_DIR"]} if "ILP_CACHE_DIR" in os.environ else {}
        programs = {"PATH": f"{self._programs}{os.pathsep}{os.environ['PATH']}"}
        env = {**names, **settings, **cache, **programs}
        command = ("make", "run", f"PYTHON={self.python.program}")
        with self.log.open("wb") as out:
            return await asyncio.create_subprocess_exec(*command, cwd=self._copy, env=env, stdout=out, stderr=out)

    async def first_try(self) -> None:
        """Try it as a user who may not install python3-venv; it fails with one line, and the package is installed."""
        assert await (await self._spawn()).wait() != 0
        assert "install python3-venv as root and try again" in self.log.read_text()
        self.python.install_ensurepip()

    async def start(self) -> float:
        """Start it and waits until it says that it is ready; gives the seconds it took."""
        began = time.monotonic()
        self._make = await self._spawn()
        await eventually(self._ready, within_s=COLD_S, every_s=0.2)
        return time.monotonic() - began

    async def _ready(self) -> bool:
        assert self._make is not None
        assert self._make.returncode is None, self.log.read_text()
        return "ILP siap / ready" in self.log.read_text()

    async def status(self, path: str) -> int:
        """Return the status of a page for a browser that follows redirections; 0 without an answer."""
        async with plain_client(follow_redirects=True, timeout=PATIENCE_S) as client:
            try:
                return (await client.get(f"http://127.0.0.1:{self.port}{path}")).status_code
            except httpx2.TransportError:
                return 0

    async def healthy(self) -> bool:
        """Tell whether every process is ready; on a busy machine one may not be for a moment, and says so."""
        return await self.status("/health") == 200

    async def demonstrated(self) -> bool:
        """Tell whether the demonstration day says that it is done."""
        log = self._data / "logs" / "simulate.log"
        return log.exists() and "selesai / done" in log.read_text()

    def pid_of_run(self) -> int:
        """Return the process that `make` runs, which a Ctrl-C in the terminal or a service manager would reach."""
        assert self._make is not None
        children = Path(f"/proc/{self._make.pid}/task/{self._make.pid}/children").read_text().split()
        return int(children[0])

    async def stop(self) -> int:
        """Send SIGTERM to the run and waits for `make`; its exit code."""
        assert self._make is not None
        os.kill(self.pid_of_run(), signal.SIGTERM)
        return await patiently(self._make.wait())

    async def kill(self) -> None:
        """End what a failed test left behind."""
        if self._make is not None and self._make.returncode is None:
            await self.stop()


@pytest.mark.backends
async def test_from_a_clean_copy_twice(tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("newcomer")
    for path in (folder, folder.parent):
        path.chmod(0o755)
    copy, data = copy_of_repository(folder / "ilp"), folder / "data"
    assert not (copy / ".venv").exists()
    run = Run(copy, data, free_port())
    try:
        if os.geteuid() != 0:
            await run.first_try()
        cold = await run.start()
        await eventually(run.healthy)
        assert await run.status("/") == 200
        for service in ("registry", "screening", "cluster-services", "monitoring"):
            assert await run.status(f"/{service}/docs") == 200
            assert await run.status(f"/{service}/openapi.json") == 200
        await eventually(run.demonstrated, within_s=180, every_s=0.2)
        assert await run.stop() == 0, run.log.read_text()
        assert alive_with(str(folder)) == []
        assert port_is_free(run.port)
        ports = [port for port in read_json(data / "ports.json", CLEAN).values() if isinstance(port, int)]
        assert len(ports) > 9
        assert all(port_is_free(port) for port in ports)

        (data / "logs" / "simulate.log").unlink()
        warm = await run.start()
        assert await run.status("/") == 200
        await eventually(run.demonstrated, within_s=180, every_s=0.2)
        assert "done: 0 diterima" in (data / "logs" / "simulate.log").read_text(), "the data did not survive"
        assert await run.stop() == 0, run.log.read_text()
        assert alive_with(str(folder)) == []
        print(f"\nmake run: cold {cold:.1f} s, warm {warm:.1f} s to ready")
    finally:
        await run.kill()
        shutil.rmtree(copy, ignore_errors=True)
