"""The load generator, a process of its own: `python -m tests.load.load_generator SPEC`, result as JSON on stdout.

Closed loop: every connection sends its next request when the last is answered. Open loop: requests are due at a fixed
rate whatever the server does, and latency counts from the moment a request was due (no coordinated omission).
It needs about 25 µs of CPU for a request; its own share is in the results.
"""

import asyncio
import sys
import time
from collections import Counter, deque
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple, cast
from urllib.parse import urlsplit

import orjson
import uvloop

_READ_S = 30.0


class Spec(NamedTuple):
    """The load: `requests` is a file of JSON lines (method, path, headers, body), used in turn."""

    address: str
    requests: str
    connections: int
    seconds: float
    rate: float | None
    """Requests per second in an open loop; None for a closed loop."""
    key_prefix: str
    """Every request gets an Idempotency-Key of its own, made of this and a number."""
    limit: int | None = None
    """Send no more than so many (closed loop)."""


class Outcome(NamedTuple):
    """Answers to a load: their number, statuses, latencies."""

    done: int
    seconds: float
    statuses: dict[str, int]
    latencies_ms: list[float]
    cpu_s: float
    began: float
    """Unix time of the first request; request n of an open loop is due n / rate seconds later."""


class _Load:
    def __init__(self, spec: Spec, prepared: Sequence[tuple[bytes, bytes]]) -> None:
        self.spec, self._prepared, self.sent = spec, prepared, 0
        self.statuses: Counter[str] = Counter()
        self.latencies: list[float] = []
        self.idle: deque[_Connection] = deque()
        self.due: deque[float] = deque()
        self.until = 0.0
        self.last = 0.0

    @property
    def is_spent(self) -> bool:
        """Tell whether all that may be sent has been."""
        return self.spec.limit is not None and self.sent >= self.spec.limit

    def next_request(self) -> bytes:
        """Return the bytes of the next request, with a key of its own."""
        head, body = self._prepared[self.sent % len(self._prepared)]
        self.sent += 1
        return b"%sidempotency-key: %s-%d\r\n\r\n%s" % (head, self.spec.key_prefix.encode(), self.sent, body)

    def answered(self, connection: "_Connection", status: bytes, due: float) -> None:
        """Count an answer and give the connection its next request, if there is one."""
        self.last = time.perf_counter()
        self.statuses[status.decode()] += 1
        self.latencies.append(self.last - due)
        if self.spec.rate is None:
            if self.last < self.until and not self.is_spent:
                connection.send(self.last)
        elif self.due:
            connection.send(self.due.popleft())
        else:
            self.idle.append(connection)

    def fall_due(self, at: float) -> None:
        """Send a request of the open loop now, or as soon as a connection is free."""
        if self.idle:
            self.idle.popleft().send(at)
        else:
            self.due.append(at)


class _Connection(asyncio.Protocol):
    def __init__(self, load: _Load) -> None:
        self._load, self._due = load, 0.0
        self._buffer, self._missing, self._status = b"", 0, b""
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    def send(self, due: float) -> None:
        """Send the next request; its latency counts from `due`."""
        assert self._transport is not None
        self._due = due
        self._transport.write(self._load.next_request())

    def data_received(self, data: bytes) -> None:
        if self._missing:  # the rest of a body
            self._missing -= len(data)
        else:
            self._buffer += data
            end = self._buffer.find(b"\r\n\r\n")
            if end < 0:
                return
            head = self._buffer[:end].lower()
            at = head.find(b"content-length:")
            length = int(head[at + 15 :].split(b"\r\n", 1)[0]) if at >= 0 else 0
            self._missing = end + 4 + length - len(self._buffer)
            self._status, self._buffer = self._buffer[9:12], b""
        if not self._missing:
            self._load.answered(self, self._status, self._due)

    def connection_lost(self, error: Exception | None) -> None:
        self._load.statuses["lost"] += self._load.last < self._load.until


def _prepare(spec: Spec) -> list[tuple[bytes, bytes]]:
    host = urlsplit(spec.address).netloc
    prepared = []
    for line in Path(spec.requests).read_bytes().splitlines():
        request = orjson.loads(line)
        body = orjson.dumps(request["body"]) if request.get("body") is not None else b""
        fields = {"host": host, "content-type": "application/json", "content-length": len(body), **request["headers"]}
        lines = [f"{request['method']} {request['path']} HTTP/1.1", *(f"{k}: {v}" for k, v in fields.items())]
        prepared.append(("\r\n".join(lines).encode() + b"\r\n", body))
    return prepared


async def run(spec: Spec) -> Outcome:
    """Send for the given time, wait for what is under way, and return what came back."""
    load = _Load(spec, _prepare(spec))
    loop = asyncio.get_running_loop()
    host, _, port = urlsplit(spec.address).netloc.partition(":")
    connections = [
        (await loop.create_connection(lambda: _Connection(load), host, int(port)))[1] for _ in range(spec.connections)
    ]
    cpu, started, began = time.process_time(), time.perf_counter(), time.time()
    load.until = started + spec.seconds
    if spec.rate is None:
        for connection in connections[: spec.limit]:
            connection.send(time.perf_counter())
        while time.perf_counter() < load.until and not load.is_spent:
            await asyncio.sleep(0.01)
    else:
        load.idle.extend(connections)
        await _keep_pace(load, spec.rate, started)
    expected = load.sent + len(load.due)
    while load.statuses.total() < expected and time.perf_counter() < load.until + _READ_S:
        await asyncio.sleep(0.01)
    return Outcome(
        load.statuses.total(),
        load.last - started,
        dict(load.statuses),
        [round(1000 * latency, 3) for latency in sorted(load.latencies)],
        time.process_time() - cpu,
        began,
    )


async def _keep_pace(load: _Load, rate: float, started: float) -> None:
    for number in range(int(rate * load.spec.seconds)):
        due = started + number / rate
        pause = due - time.perf_counter()
        if pause > 0:
            await asyncio.sleep(pause)
        load.fall_due(due)


if __name__ == "__main__":
    outcome = uvloop.run(run(Spec(*orjson.loads(sys.argv[1]))))
    sys.stdout.buffer.write(orjson.dumps(outcome._asdict()))
