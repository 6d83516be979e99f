"""The process that holds the servers of a test run: `python -m tests.support.server_process <data folder> <socket>`.

It listens on the socket and says `listening`, starts a server when one asks for it, and stops all of them when its
standard input ends.
"""

import asyncio
import json
import os
import signal
import sys
from contextlib import AsyncExitStack
from dataclasses import asdict
from pathlib import Path

from deploy.dev.failure import StartError
from tests.support.servers import Server


class Holder:
    """The servers started so far."""

    def __init__(self, data: Path) -> None:
        self._data = data
        self._stack = AsyncExitStack()
        self._starting = {name: asyncio.Lock() for name in ("postgres", "kafka")}
        self._answers: dict[str, dict[str, object]] = {}

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer one request."""
        try:
            answer = await self._answer((await reader.readline()).decode().strip())
            writer.write(json.dumps(answer).encode() + b"\n")
            await writer.drain()
        finally:
            writer.close()

    async def _answer(self, name: str) -> dict[str, object]:
        if name not in self._starting:
            return {"error": "there is no such server"}
        async with self._starting[name]:
            if name not in self._answers:
                try:
                    self._answers[name] = asdict(await self._start(name))
                except (StartError, OSError, TimeoutError) as error:
                    self._answers[name] = {
                        "error": str(error) if isinstance(error, StartError) else type(error).__name__
                    }
            return self._answers[name]

    async def _start(self, name: str) -> Server:
        from tests.support.backends import kafka, postgres

        start = {"postgres": postgres, "kafka": kafka}[name]
        return await start(self._stack, self._data)

    async def stop(self) -> None:
        """Stop what was started."""
        await self._stack.aclose()


async def hold(data: Path, path: str) -> None:
    """Serve until standard input ends or SIGTERM comes."""
    loop, over = asyncio.get_running_loop(), asyncio.Event()
    loop.add_signal_handler(signal.SIGTERM, over.set)
    loop.add_reader(sys.stdin.fileno(), _read, over)
    holder = Holder(data)
    listening = await asyncio.start_unix_server(holder.serve, path)
    print("listening", flush=True)
    with Path(os.devnull).open("wb") as nowhere:
        os.dup2(nowhere.fileno(), sys.stdout.fileno())  # who waits for the line need not read on
    await over.wait()
    listening.close()
    await holder.stop()


def _read(over: asyncio.Event) -> None:
    if not os.read(sys.stdin.fileno(), 4096):
        asyncio.get_running_loop().remove_reader(sys.stdin.fileno())
        over.set()


if __name__ == "__main__":
    asyncio.run(hold(Path(sys.argv[1]), sys.argv[2]))
