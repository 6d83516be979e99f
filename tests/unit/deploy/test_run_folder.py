"""What a start does about an earlier or another run: leftovers, lock, ports, secrets, clear refusals."""

import asyncio
import json
import os
import signal
import socket
import stat
import sys
from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path

import pytest

from deploy.dev import clean
from deploy.dev.child import Command, Identity, spawn
from deploy.dev.config import Config
from deploy.dev.failure import StartError
from deploy.dev.ledger import Ledger, living, lock_folder
from deploy.dev.up import check_port, claim_folder
from deploy.dev.vault import PortBook, Vault, free_port
from tests.support.children import killed_at_end
from tests.support.waiting import patiently

SLEEPER = [sys.executable, "-c", "import time; print('up', flush=True); time.sleep(60)"]
STUBBORN = [
    sys.executable,
    "-c",
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up', flush=True); time.sleep(60)",
]


async def started(argv: list[str], log: Path) -> asyncio.subprocess.Process:
    process = await spawn(Command(argv, log))
    for _ in range(500):
        if log.exists() and "up" in log.read_text():
            return process
        await asyncio.sleep(0.01)
    raise AssertionError("child did not start")


@pytest.fixture
async def sleeper(tmp_path: Path) -> AsyncIterator[asyncio.subprocess.Process]:
    process = await started(SLEEPER, tmp_path / "sleeper.log")
    async with killed_at_end(process):
        yield process


async def test_leftover_is_ended_by_pid_and_start_time(tmp_path: Path, sleeper: asyncio.subprocess.Process) -> None:
    Ledger(tmp_path / "run.json").record("registry-api", sleeper.pid)
    assert [name for name, _, _ in living(tmp_path / "run.json")] == ["registry-api"]
    assert await Ledger(tmp_path / "run.json").clear_leftovers() == ["registry-api"]
    assert await patiently(sleeper.wait()) == -signal.SIGTERM


async def test_leftover_that_ignores_the_signal_is_killed(tmp_path: Path) -> None:
    process = await started(STUBBORN, tmp_path / "stubborn.log")
    Ledger(tmp_path / "run.json").record("screening-worker", process.pid)
    assert await Ledger(tmp_path / "run.json").clear_leftovers(grace=0.2) == ["screening-worker"]
    assert await patiently(process.wait()) == -signal.SIGKILL
    assert living(tmp_path / "run.json") == []


@pytest.mark.parametrize(("field", "value"), [("started", 1), ("boot", "another boot")])
async def test_process_with_a_recycled_pid_is_never_touched(
    tmp_path: Path, sleeper: asyncio.subprocess.Process, field: str, value: object
) -> None:
    path = tmp_path / "run.json"
    Ledger(path).record("registry-api", sleeper.pid)
    content = json.loads(path.read_text())
    (content if field == "boot" else content["processes"]["registry-api"])[field] = value
    path.write_text(json.dumps(content))
    assert await Ledger(path).clear_leftovers() == []
    identity = Identity.of(sleeper.pid)
    assert identity is not None
    assert identity.alive


async def test_child_dies_with_a_supervisor_that_is_killed(tmp_path: Path) -> None:
    program = (
        "import asyncio, sys, time\nfrom pathlib import Path\nfrom deploy.dev.child import Command, spawn\n"
        "async def main():\n"
        f"    child = await spawn(Command({SLEEPER!r}, Path({str(tmp_path / 'grandchild.log')!r})))\n"
        "    print('up', child.pid, flush=True)\n    await child.wait()\nasyncio.run(main())\n"
    )
    root = Path(__file__).resolve().parents[3]
    log = tmp_path / "supervisor.log"
    parent = await spawn(Command([sys.executable, "-c", program], log, cwd=root))
    for _ in range(1000):
        if log.read_text().startswith("up "):
            break
        await asyncio.sleep(0.01)
    child = Identity.of(int(log.read_text().split()[1]))
    assert child is not None
    parent.kill()
    await parent.wait()
    for _ in range(500):
        if not child.alive:
            break
        await asyncio.sleep(0.01)
    assert not child.alive


def test_second_run_on_the_same_folder_is_refused_in_one_line(tmp_path: Path) -> None:
    with lock_folder(tmp_path):
        with pytest.raises(StartError, match=f"pid {os.getpid()}") as refusal:
            lock_folder(tmp_path)
        assert "\n" not in str(refusal.value)
        assert "ILP_DATA_DIR" in str(refusal.value)
    lock_folder(tmp_path).close()


def test_taken_port_names_a_free_one() -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(StartError, match=f"Port {port} .*`ILP_PORT=\\d+ make run`") as refusal:
            check_port(port)
    assert "\n" not in str(refusal.value)


def test_full_disk_and_unwritable_folder_are_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config = Config.from_environment({"ILP_DATA_DIR": str(tmp_path / "data")})
    (tmp_path / "file").touch()
    blocked = Config.from_environment({"ILP_DATA_DIR": str(tmp_path / "file")})
    with pytest.raises(StartError, match="not writable; choose another ILP_DATA_DIR"):
        claim_folder(blocked)
    monkeypatch.setattr("deploy.dev.up.FREE_BYTES", 1 << 62)
    with pytest.raises(StartError, match="too little disk space"):
        claim_folder(config)


def test_bad_port_is_refused() -> None:
    with pytest.raises(StartError, match="ILP_PORT=http"):
        Config.from_environment({"ILP_PORT": "http"})


def test_secrets_are_kept_and_private(tmp_path: Path) -> None:
    path = tmp_path / "secrets.json"
    first = Vault(path).password("ilp_registry")
    assert Vault(path).password("ilp_registry") == first != Vault(path).password("ilp_screening")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


@pytest.mark.parametrize("left", [None, "", "{}", '{"postgres": '])
def test_no_secrets_are_made_beside_the_data_of_lost_ones(tmp_path: Path, left: str | None) -> None:
    path = tmp_path / "secrets.json"
    (tmp_path / "postgres").mkdir()
    (tmp_path / "postgres" / "PG_VERSION").write_text("15\n")
    if left is not None:
        path.write_text(left)
    for make in (Vault(path).password, Vault(path).key, Vault(path).client_key):
        with pytest.raises(StartError, match="put a copy of it back") as refusal:
            make("registry-nik")
        assert "\n" not in str(refusal.value)
        assert "make clean` is left, which deletes all data" in str(refusal.value)
    assert (path.read_text() if path.exists() else None) == left


def test_a_damaged_file_of_a_run_says_how_to_mend_it(tmp_path: Path) -> None:
    for path in (tmp_path / "vault.json", tmp_path / "ports.json"):
        path.write_text("[]")
    for read in (Vault(tmp_path / "vault.json").read, partial(PortBook(tmp_path / "ports.json").take, "kafka")):
        with pytest.raises(StartError, match=r"\.json rusak / is damaged: jalankan / run `make clean`"):
            read()


@pytest.mark.parametrize("program", ["up", "recount"])
async def test_make_run_says_that_the_secrets_of_its_data_are_lost(tmp_path: Path, program: str) -> None:
    (tmp_path / "postgres").mkdir()
    (tmp_path / "postgres" / "PG_VERSION").write_text("15\n")
    environment = {
        **os.environ,
        "ILP_DATA_DIR": str(tmp_path),
        "ILP_PORT": str(free_port()),
        "ILP_KAFKA_BOOTSTRAP": "127.0.0.1:1",
    }
    environment.pop("ILP_DATABASE_URL", None)
    child = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", f"deploy.dev.{program}"),
        env=environment,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    async with killed_at_end(child):
        output, _ = await patiently(child.communicate())
    assert child.returncode == 1
    assert "secrets.json is lost or damaged" in output.decode()
    assert not (tmp_path / "secrets.json").exists()


def test_port_stays_until_somebody_else_has_it(tmp_path: Path) -> None:
    book = PortBook(tmp_path / "ports.json")
    first = book.take("postgres")
    assert PortBook(tmp_path / "ports.json").take("postgres") == first
    assert book.take("kafka") != first
    with socket.socket() as other:
        other.bind(("127.0.0.1", first))
        other.listen()
        assert book.take("postgres") != first


def test_clean_leaves_what_is_not_its_own(tmp_path: Path) -> None:
    data = tmp_path / "data"
    (data / "logs").mkdir(parents=True)
    (data / "secrets.json").touch()
    (data / "thesis.txt").touch()
    assert clean.remove(data) == ["thesis.txt"]
    assert [path.name for path in data.iterdir()] == ["thesis.txt"]
    (data / "thesis.txt").unlink()
    assert clean.remove(data) == []
    assert not data.exists()
