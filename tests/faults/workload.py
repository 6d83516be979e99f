"""The seeded workload of a fault run: several senders that record, correct, void and follow up until they are stopped.

A seed, a moment and villages give the same commands; how many are sent depends on how long the run lasts. A run works
in villages of its own, so its numbers are its own.
"""

import asyncio
import random
import re
import time
from collections.abc import Sequence
from datetime import datetime

import httpx2

from tests.faults.client import RetryingClient, content_of
from tests.faults.drafting import SUSPECT, Drafts, Person, Recorded, Village
from tests.faults.ledger import Body, Command, Ledger
from tests.faults.sender import Sender
from tests.support.plain_http import plain_client
from tests.support.platform import Platform
from tests.support.waiting import eventually

SENDERS = 4
_ID = re.compile(r"[0-9a-f]{8}-[0-9a-f-]{27}")


class Workload:
    """Commands under way against a platform; `ledger` tells what became of them."""

    def __init__(self, platform: Platform, seed: str, villages: Sequence[Village], now: datetime) -> None:
        self.seed, self.villages, self.now, self.ledger = seed, villages, now, Ledger()
        self.hurt_ended_at: float | None = None
        self.http = self.http_client(str(platform.client.base_url))
        self._platform = platform
        self._tokens: dict[tuple[str, str], dict[str, str]] = {}
        self.drafts = Drafts(random.Random(f"{seed} fault"), villages, self.now)
        """For the fault's own commands."""
        self.client = RetryingClient(self.http, self.ledger, self.headers_of, random.Random(f"{seed} pauses"))
        self._stopping = asyncio.Event()
        self._senders: list[asyncio.Task[None]] = []

    def http_client(self, address: str) -> httpx2.AsyncClient:
        """Return a client of the platform by a way of its own, e.g. past the closed front door."""
        return plain_client(address, timeout=30, event_hooks={"response": [self._judge]})

    async def _judge(self, answer: httpx2.Response) -> None:
        if answer.status_code >= 500:
            await answer.aread()
            retryable = bool(content_of(answer).get("retryable"))
            what = f"{answer.request.method} {_ID.sub('…', answer.request.url.path)}"
            self.ledger.judge_status(answer.status_code, what, retryable=retryable)

    def headers_of(self, command: Command) -> dict[str, str]:
        """Return the Authorization of the account that sends a command."""
        return self._headers(command.role, command.area)

    def _headers(self, role: str, area: str) -> dict[str, str]:
        if (role, area) not in self._tokens:
            token = self._platform.headers(role, area)["Authorization"]
            self._tokens[role, area] = {"Authorization": token}
        return self._tokens[role, area]

    async def read(self, path: str, village: Village, query: dict[str, str]) -> httpx2.Response:
        """Read something of a village as its midwife."""
        return await self.http.get(path, params=query, headers=self._headers("midwife", village.code))

    async def start(self) -> None:
        """Register facilities, open days and first people, then let the senders go."""
        for village in self.villages:
            await self.client.send(self.drafts.facility(village))
        await asyncio.gather(*(self.client.send(self.drafts.open_day(village)) for village in self.villages))
        senders = [Sender(self, number) for number in range(SENDERS)]
        await asyncio.gather(*(sender.settle_in() for sender in senders))
        await self.suspect()  # so that there is a task in every run
        self._senders = [asyncio.create_task(sender.run(self._stopping)) for sender in senders]

    def hurt_ended(self) -> None:
        """Note that from now on the platform is on its own: nothing more is done to it, or the undoing begins.

        A fault says so that goes on waiting for the platform; where it hurts again, the last time counts.
        """
        self.hurt_ended_at = time.monotonic()

    async def acknowledged(self, number: int, within_s: float = 120) -> None:
        """Wait until so many more commands are acknowledged; fails at once when a sender has failed."""
        goal = len(self.ledger.acknowledged()) + number

        async def reached() -> bool:
            for sender in self._senders:
                if sender.done():
                    sender.result()
            return len(self.ledger.acknowledged()) >= goal

        await eventually(reached, within_s=within_s)

    async def somebody(self) -> Person:
        """Return a new person for a fault's own commands, known to screening when this returns."""
        person, command = self.drafts.person()
        await self.client.send(command)
        await self.client.send(self.drafts.screening(person))
        return person

    async def suspect(self) -> Recorded:
        """Return a screening of somebody new that opens one task."""
        person, command = self.drafts.person()
        await self.client.send(command)
        screening = self.drafts.screening(person, SUSPECT)
        await self.client.send(screening)
        return Recorded(screening.about, person)

    async def task_of(self, recorded: Recorded) -> Body | None:
        """Return a task of a screening that waits to be taken on; None while there is none to be seen."""
        query = {"person": recorded.person.id, "limit": "500"}
        try:
            answer = await self.read("/cluster-services/v1/tasks", recorded.person.village, query)
        except httpx2.TransportError:
            return None
        if answer.status_code != 200:
            return None
        tasks = [t for t in answer.json()["items"] if t["screening_id"] == recorded.id and t["status"] == "requested"]
        return min(tasks, key=lambda t: str(t["action"]), default=None)

    async def task_move(self, recorded: Recorded) -> Command:
        """Return a move of the screening's task, as soon as that is open."""

        async def opened() -> Body | None:
            return await self.task_of(recorded)

        task = await eventually(opened, within_s=120)
        assert task is not None
        return self.drafts.task_move(task, recorded)

    async def finish(self) -> None:
        """Let the senders end what they are at, each command to its definite answer; raises what any failed with."""
        self._stopping.set()
        await asyncio.gather(*self._senders)

    async def close(self) -> None:
        """Stop at once."""
        for sender in self._senders:
            sender.cancel()
        await asyncio.gather(*self._senders, return_exceptions=True)
        await self.http.aclose()
