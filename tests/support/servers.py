"""One PostgreSQL and one Kafka for all processes of a test run, each started when it is first asked for.

`server_process.py` runs until its standard input ends, so it cannot outlive the
process that started it: the runner, the controller of pytest-xdist, or a plain pytest. Every process of the run asks
over the socket, whose path is in ILP_TEST_SERVERS: one line with the name of a server, one JSON line as answer. Neither
environment nor files hold the address.

Order for both: address in the environment (ILP_DATABASE_URL, ILP_KAFKA_BOOTSTRAP) → a Docker engine through
testcontainers → the embedded servers of `deploy/dev`.
"""

import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Self

from deploy.dev.config import ROOT
from tests.support.addresses import Address

SOCKET = "ILP_TEST_SERVERS"
Name = Literal["postgres", "kafka"]
_START_S = 300.0
"""A first start may download Kafka."""


class NoServer(Exception):  # noqa: N818 - it says what is the case
    """A server of the run could not be started; the text is one line and says why."""


@dataclass(frozen=True)
class Server:
    """A server of the run, as a test process sees it."""

    address: Address
    origin: str
    """What it is and where it comes from, for the summary of the run."""
    thrown_away: bool
    """It ends with the run, so that tests need not tidy up on it."""
    shortest_session_s: float = 0.0
    """Of Kafka: the shortest session that a consumer may ask for."""


def ask(name: Name) -> Server:
    """Return a server of the run, started now if nothing has asked for it yet; raises NoServer."""
    with socket.socket(socket.AF_UNIX) as line:
        line.settimeout(_START_S)
        line.connect(os.environ[SOCKET])
        line.sendall(f"{name}\n".encode())
        with line.makefile("rb") as answers:
            answer = json.loads(answers.readline())
    if "error" in answer:
        raise NoServer(f"{name}: {answer['error']}")
    return Server(**{**answer, "address": Address(answer["address"])})


class Servers:
    """The process that holds the servers of a run; `pid` is the root of all their processes."""

    def __init__(self, data: Path) -> None:
        self.data = data
        """What the servers keep and log, there to be looked at when they have ended."""
        self._folder = Path(tempfile.mkdtemp(prefix="ilp-servers-"))
        self._process: subprocess.Popen[bytes] | None = None
        self._outer = os.environ.get(SOCKET)
        """The servers of the run that this process is itself a part of."""

    @property
    def pid(self) -> int:
        """The process that starts the servers."""
        assert self._process is not None
        return self._process.pid

    def start(self) -> Self:
        """Start to listen, and name the socket to every process started from now on."""
        self.data.mkdir(parents=True, exist_ok=True)
        for path in (self.data, self.data.parent):
            path.chmod(0o755)  # PostgreSQL does not run as root
        path = self._folder / "socket"
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.support.server_process", str(self.data), str(path)],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            start_new_session=True,  # an interrupt from the terminal is for the tests; the servers end after them
        )
        assert self._process.stdout is not None
        if self._process.stdout.readline() != b"listening\n":
            raise NoServer("the process that holds the servers did not start")
        os.environ[SOCKET] = str(path)
        return self

    def stop(self) -> None:
        """Stop the servers and wait until all have ended."""
        process, self._process = self._process, None
        if process is None:
            return
        if self._outer is None:
            os.environ.pop(SOCKET, None)
        else:
            os.environ[SOCKET] = self._outer
        process.communicate()
        shutil.rmtree(self._folder, ignore_errors=True)

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()
