"""Bad clients and bad lines before the front door: lost answers, slow and silent clients, orders to stop under load."""

import asyncio
import json
import os
import random
import signal
from contextlib import AsyncExitStack

from tests.faults.evidence import answered_only_when_repeated
from tests.faults.fault import KEYS, fault
from tests.faults.ledger import Command
from tests.faults.platform import BreakablePlatform
from tests.faults.workload import Workload
from tests.support.waiting import eventually, patience

SOON_S = 60.0
SLOW_CLIENTS, SILENT_CLIENTS = 8, 8
BYTE_EVERY_S = 0.004
APIS = ("registry-api", "screening-api", "cluster-services-api", "monitoring-api")


@fault(
    "answers lost between the front door and its clients",
    group="client",
    touches=(*KEYS, "deploy.dev.front_door"),
    smoke=True,
)
async def answers_lost(platform: BreakablePlatform, work: Workload, rng: random.Random) -> None:
    """Lose answers to commands that were carried out; the sender repeats them with the same key."""
    before = answered_only_when_repeated(work)
    for _ in range(3):
        platform.door.lose_answers(rng.randint(3, 6))

        async def lost() -> bool:
            return platform.door.answers_to_lose == 0

        await eventually(lost, within_s=SOON_S)
        await work.acknowledged(3)
    platform.door.heal()
    work.hurt_ended()

    async def repeated() -> bool:
        return answered_only_when_repeated(work) > before

    await eventually(repeated, within_s=SOON_S)


@fault(
    "clients that send byte by byte, and clients that never read their answer",
    group="client",
    touches=("ilp_shared.http", "deploy.dev.front_door"),
)
async def slow_clients(platform: BreakablePlatform, work: Workload, rng: random.Random) -> None:
    """Others are served meanwhile. What the slow ones sent counts once; the silent ones ask again later."""
    person = await work.somebody()
    commands = [work.drafts.screening(person) for _ in range(SLOW_CLIENTS + SILENT_CLIENTS)]
    for command in commands:
        work.ledger.intend(command)
    async with AsyncExitStack() as stack:
        clients = [await stack.enter_async_context(Raw(platform, work, command)) for command in commands]
        slow, silent = clients[:SLOW_CLIENTS], clients[SLOW_CLIENTS:]
        for client in silent:
            await client.send_whole()
        trickling = [asyncio.create_task(client.trickle(BYTE_EVERY_S)) for client in slow]
        await work.acknowledged(15)
        assert not all(task.done() for task in trickling), "no client was slow"
        await asyncio.gather(*trickling)
        work.hurt_ended()
        statuses = {await client.status() for client in slow}
        assert 201 in statuses
        assert statuses <= {201, 503}, "a slow client was refused for good"
    await asyncio.gather(*(work.client.send(command) for command in commands))


class Raw:
    """One connection to the front door on which a command is written by hand."""

    def __init__(self, platform: BreakablePlatform, work: Workload, command: Command) -> None:
        self._host, self._port = platform.door.address.split(":")
        body = json.dumps(command.body).encode()
        headers = {
            **work.headers_of(command),
            "Host": platform.door.address,
            "Idempotency-Key": command.key,
            "Content-Type": "application/json",
            "Content-Length": str(len(body)),
        }
        head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        self._request = f"POST {command.path} HTTP/1.1\r\n{head}\r\n".encode() + body

    async def __aenter__(self) -> "Raw":
        self._reader, self._writer = await asyncio.open_connection(self._host, int(self._port), limit=1024)
        return self

    async def __aexit__(self, *_: object) -> None:
        self._writer.transport.abort()

    async def send_whole(self) -> None:
        """Write the request and read nothing."""
        self._writer.write(self._request)
        await self._writer.drain()

    async def trickle(self, pause_s: float) -> None:
        """Write the request one byte after the other."""
        for byte in self._request:
            self._writer.write(bytes([byte]))
            await asyncio.sleep(pause_s)

    async def status(self) -> int:
        """Return the status of the answer."""
        async with patience():
            return int((await self._reader.readline()).split()[1])


@fault(
    "every API stopped under load",
    group="client",
    touches=("ilp_shared.cli", "ilp_shared.service", "ilp_shared.http.app", "deploy.dev.processes"),
)
async def drained(platform: BreakablePlatform, work: Workload, rng: random.Random) -> None:
    """SIGTERM, one by one: each ends what it is at and exits by itself; nothing it has committed is unanswered."""
    before, given_up = answered_only_when_repeated(work), work.client.given_up
    for process in rng.sample(APIS, len(APIS)):
        await stop_under_load(platform, process)
        work.hurt_ended()
        await work.acknowledged(3)
    unanswered = answered_only_when_repeated(work) - before
    assert unanswered <= work.client.given_up - given_up, "a committed command was not answered"


async def stop_under_load(platform: BreakablePlatform, process: str) -> None:
    """Tell a process to stop and wait until it has; its supervisor starts it again."""
    pid = platform.running(process)
    os.kill(pid, signal.SIGTERM)

    async def gone() -> bool:
        return platform.pid_of(process) != pid

    await eventually(gone, within_s=SOON_S, every_s=0.02)
