"""A client that sends exactly the bytes it is given: what no library would send."""

import asyncio
from dataclasses import dataclass
from urllib.parse import urlsplit

import orjson

from tests.support.waiting import patience


@dataclass(frozen=True)
class RawAnswer:
    """An answer as it came; `status` is 0 when the connection was closed without one."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def problem(self) -> dict[str, object]:
        """The body of a refusal."""
        content: dict[str, object] = orjson.loads(self.body)
        return content


def request(method: str, target: str, headers: dict[str, str] | None = None, body: bytes = b"") -> bytes:
    """Put a request into bytes; `Connection: close` so that the answer ends with the connection."""
    lines = {"Host": "test", "Connection": "close", **({"Content-Length": str(len(body))} if body else {})}
    lines |= headers or {}
    head = f"{method} {target} HTTP/1.1\r\n" + "".join(f"{name}: {value}\r\n" for name, value in lines.items())
    return head.encode("latin-1") + b"\r\n" + body


async def exchange(url: str, sent: bytes) -> RawAnswer:
    """Send bytes to a server and read until it closes; a server that closes while we still send is no fault."""
    place = urlsplit(url)
    async with patience():
        reader, writer = await asyncio.open_connection(place.hostname, place.port)
        try:
            writer.write(sent)
            received = await _all(reader)
        finally:
            writer.close()
    head, _, body = received.partition(b"\r\n\r\n")
    first, *rest = head.decode("latin-1").split("\r\n")
    headers = dict(line.lower().split(": ", 1) for line in rest if ": " in line)
    return RawAnswer(int(first.split()[1]) if first else 0, headers, body)


async def status_of(url: str, sent: bytes) -> int:
    """Send bytes and return the status of the answer without waiting for its body, which may be a stream."""
    place = urlsplit(url)
    async with patience():
        reader, writer = await asyncio.open_connection(place.hostname, place.port)
        try:
            writer.write(sent)
            return int((await reader.readline()).split()[1])
        finally:
            writer.close()


async def _all(reader: asyncio.StreamReader) -> bytes:
    parts = []
    try:
        while part := await reader.read(1 << 16):
            parts.append(part)
    except ConnectionError:
        pass
    return b"".join(parts)
