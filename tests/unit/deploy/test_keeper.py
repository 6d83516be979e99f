"""A backing server that ends: started again, however often that fails, without an end of anything else."""

import asyncio
import errno
import signal
import sys
from contextlib import suppress
from pathlib import Path

import pytest

from deploy.dev import keeper
from deploy.dev.child import Command, spawn, stop
from deploy.dev.display import Display
from deploy.dev.failure import StartError
from deploy.dev.keeper import keep_server
from deploy.dev.ledger import Ledger
from deploy.dev.processes import Job, Supervisor
from tests.support.waiting import eventually


class Sleeper:
    """A server as a child process; its starts fail for the given reasons first, then succeed."""

    external = False

    def __init__(self, log: Path, *failures: Exception) -> None:
        self._log, self.failures, self.starts = log, list(failures), 0
        self._process: asyncio.subprocess.Process | None = None

    @property
    def pid(self) -> int | None:
        alive = self._process is not None and self._process.returncode is None
        return self._process.pid if alive and self._process is not None else None

    async def start(self) -> None:
        self.starts += 1
        if self.failures:
            raise self.failures.pop(0)
        self._process = await spawn(Command([sys.executable, "-c", "import time; time.sleep(60)"], self._log))

    async def end(self) -> None:
        if self._process is not None:
            await stop(self._process, signal.SIGKILL)


@pytest.fixture
def lines(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    for name, seconds in (("LOOK_S", 0.01), ("FIRST_PAUSE", 0.01), ("LONGEST_PAUSE", 0.04)):
        monkeypatch.setattr(keeper, name, seconds)
    return []


async def kept(*servers: tuple[str, Sleeper], said: list[str]) -> asyncio.Task[None]:
    async def both() -> None:
        await asyncio.gather(*(keep_server(name, server, server.start, said.append) for name, server in servers))

    return asyncio.create_task(both())


async def test_a_server_whose_start_fails_is_started_until_it_runs(tmp_path: Path, lines: list[str]) -> None:
    full = OSError(errno.ENOSPC, "No space left on device")
    server = Sleeper(tmp_path / "log", StartError("Kafka berhenti / stopped"), full, ValueError("secret"))
    keeping = await kept(("Kafka", server), said=lines)
    try:
        await eventually(lambda: running(server))
        assert not keeping.done()
    finally:
        keeping.cancel()
        await asyncio.gather(keeping, return_exceptions=True)
        await server.end()
    assert server.starts == 4
    assert [line.count("\n") for line in lines] == [0, 0, 0, 0]
    assert "ended; starting it again" in lines[0]
    assert ["stopped" in lines[1], "disk full" in lines[2], "ValueError" in lines[3]] == [True] * 3
    assert "secret" not in lines[3]
    pauses = [float(line.rsplit(" ", 2)[1]) for line in lines[1:]]
    assert pauses == [0.02, 0.04, 0.04], "the pause grows, to a limit"


async def test_one_server_that_cannot_start_does_not_delay_the_other(tmp_path: Path, lines: list[str]) -> None:
    broken = Sleeper(tmp_path / "a", *(StartError("no") for _ in range(1_000_000)))
    whole = Sleeper(tmp_path / "b")
    keeping = await kept(("PostgreSQL", broken), ("Kafka", whole), said=lines)
    try:
        await eventually(lambda: running(whole))
        await whole.end()
        await eventually(lambda: running(whole))
        assert broken.pid is None
        assert not keeping.done()
        broken.failures.clear()
        await eventually(lambda: running(broken))
    finally:
        keeping.cancel()
        await asyncio.gather(keeping, return_exceptions=True)
        await asyncio.gather(whole.end(), broken.end())


async def running(server: Sleeper) -> bool:
    return server.pid is not None


async def test_a_process_that_cannot_even_be_made_is_tried_again(tmp_path: Path) -> None:
    logs = tmp_path / "logs"
    logs.touch()  # a file where the folder of logs should be
    exits: list[tuple[str, int]] = []
    supervisor = Supervisor(logs, Ledger(tmp_path / "run.json"), lambda name, code: exits.append((name, code)))
    supervisor.keep(Job("registry-api", ("http.server", "0"), {}))

    async def refused() -> bool:
        return bool(exits)

    async def started() -> bool:
        return (logs / "registry-api.log").exists()

    try:
        await eventually(refused)
        logs.unlink()
        await eventually(started)
    finally:
        await supervisor.stop_all()
    assert exits[0] == ("registry-api", errno.EEXIST)


def test_a_line_that_cannot_be_printed_ends_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    reached = False
    with suppress(OSError), Path("/dev/full").open("w") as full:  # closing it writes what is still in its buffer
        monkeypatch.setattr(sys, "stdout", full)
        display = Display()
        display.say("Kafka berhenti / ended")
        with display.step("Kafka"):
            pass
        reached = True
    monkeypatch.undo()
    assert reached
