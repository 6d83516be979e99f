"""The seeded workload of a fault run: several senders that record, correct, void and follow up until told to stop.

Each sender draws from an rng of its own, so a seed gives the same commands whatever the others do; how many are
sent depends on how long the run lasts. A run works in villages of its own, so its numbers are its own.
"""

import asyncio
import random
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime

import httpx2

from tests.faults.drafting import IMPOSSIBLE, SUSPECT, Drafts, Person, Recorded, Village
from tests.faults.ledger import Answer, Body, Command, Ledger
from tests.faults.sender import Sender
from tests.flow.stage import Stage
from tests.support.waiting import eventually

SENDERS = 4
PEOPLE = 5
"""People each sender registers before the fault."""
PACE_S = (0.02, 0.12)
"""A sender's pause between two commands."""


class Workload:
    """Commands under way against a platform; `ledger` tells what became of them."""

    def __init__(self, stage: Stage, seed: str, villages: Sequence[Village], now: datetime | None = None) -> None:
        self.seed, self.villages, self.ledger = seed, villages, Ledger()
        self.now = now or datetime.now(UTC)
        self.client = httpx2.AsyncClient(base_url=stage.client.base_url, timeout=30)
        self._stage = stage
        self._tokens: dict[tuple[str, str], dict[str, str]] = {}
        self.drafts = Drafts(random.Random(f"{seed} fault"), villages, self.now)
        """For the fault's own commands."""
        self.sender = Sender(self.client, self.ledger, self.headers_of, random.Random(f"{seed} pauses"))
        self._stopping = asyncio.Event()
        self._lanes: list[asyncio.Task[None]] = []

    def headers_of(self, command: Command) -> dict[str, str]:
        """Authorization of the account that sends a command."""
        return self._headers(command.role, command.area)

    def _headers(self, role: str, area: str) -> dict[str, str]:
        if (role, area) not in self._tokens:
            token = self._stage.headers(role, area)["Authorization"]
            self._tokens[role, area] = {"Authorization": token}
        return self._tokens[role, area]

    async def read(self, path: str, village: Village, query: dict[str, str]) -> httpx2.Response:
        """Read something of a village as its midwife."""
        return await self.client.get(path, params=query, headers=self._headers("midwife", village.code))

    async def start(self) -> None:
        """Register facilities, open days and first people, then let the senders go."""
        for village in self.villages:
            await self.sender.send(self.drafts.facility(village))
        await asyncio.gather(*(self.sender.send(self.drafts.session(village)) for village in self.villages))
        lanes = [Lane(self, number) for number in range(SENDERS)]
        await asyncio.gather(*(lane.settle_in() for lane in lanes))
        self._lanes = [asyncio.create_task(lane.run(self._stopping)) for lane in lanes]

    async def acknowledged(self, number: int, within_s: float = 120) -> None:
        """Wait until so many more commands are acknowledged; fails at once when a sender has failed."""
        goal = len(self.ledger.acknowledged()) + number

        async def reached() -> bool:
            for lane in self._lanes:
                if lane.done():
                    lane.result()
            return len(self.ledger.acknowledged()) >= goal

        await eventually(reached, within_s=within_s)

    async def somebody(self) -> Person:
        """A new person for a fault's own commands, known to screening when this returns."""
        person, command = self.drafts.person()
        await self.sender.send(command)
        await self.sender.send(self.drafts.screening(person))
        return person

    async def suspect(self) -> Recorded:
        """A screening of somebody new that opens one task."""
        person, command = self.drafts.person()
        await self.sender.send(command)
        screening = self.drafts.screening(person, SUSPECT)
        await self.sender.send(screening)
        return Recorded(screening.about, person)

    async def task_of(self, recorded: Recorded) -> Body | None:
        """A task of a screening that waits to be taken on; None while there is none to be seen."""
        query = {"person": recorded.person.id, "limit": "500"}
        try:
            answer = await self.read("/cluster-services/v1/tasks", recorded.person.village, query)
        except httpx2.TransportError:
            return None
        if answer.status_code != 200:
            return None
        found = [t for t in answer.json()["items"] if t["screening_id"] == recorded.id and t["status"] == "requested"]
        return min(found, key=lambda t: str(t["action"]), default=None)

    async def task_move(self, recorded: Recorded) -> Command:
        """A move of the screening's task, as soon as that is open."""

        async def opened() -> Body | None:
            return await self.task_of(recorded)

        task = await eventually(opened, within_s=120)
        assert task is not None
        return self.drafts.task_move(task, recorded)

    async def repeat(self, commands: Sequence[Command]) -> None:
        """Send commands again under their old keys, in order, e.g. those that a restored database has lost."""
        for command in commands:
            await self.sender.send(command)

    async def finish(self) -> None:
        """Let the senders end what they are at, each command to its definite answer; raises what any failed with."""
        self._stopping.set()
        await asyncio.gather(*self._lanes)

    async def close(self) -> None:
        """Stop at once."""
        for lane in self._lanes:
            lane.cancel()
        await asyncio.gather(*self._lanes, return_exceptions=True)
        await self.client.aclose()


class Lane:
    """One sender: its people, and the screenings it has recorded."""

    def __init__(self, work: Workload, number: int) -> None:
        self._rng = random.Random(f"{work.seed} lane {number}")
        self._work, self._send = work, work.sender.send
        self._drafts = Drafts(self._rng, work.villages, work.now)
        # What can be moved depends on how far events have come: drawn apart, so that the other commands do not.
        self._moves = Drafts(random.Random(f"{work.seed} moves {number}"), work.villages, work.now)
        self._people: list[Person] = []
        self._recorded: list[Recorded] = []
        self._sent: list[Command] = []

    async def settle_in(self) -> None:
        """Register the first people in one batch for each village."""
        by_village: dict[str, list[tuple[Person, Command]]] = {}
        for _ in range(PEOPLE):
            person, command = self._drafts.person()
            by_village.setdefault(person.village.code, []).append((person, command))
        for drafted in by_village.values():
            await self._work.sender.send_batch([command for _, command in drafted])
            self._people += [person for person, _ in drafted]

    async def run(self, stopping: asyncio.Event) -> None:
        """Send commands until told to stop."""
        actions: list[Callable[[], Awaitable[None]]] = [
            self._record, self._record_batch, self._correct, self._void, self._move_task,
            self._register, self._repeat, self._be_refused,
        ]  # fmt: skip
        weights = (40, 20, 12, 7, 8, 5, 4, 4)
        while not stopping.is_set():
            (action,) = self._rng.choices(actions, weights)
            await action()
            await asyncio.sleep(self._rng.uniform(*PACE_S))

    async def _record(self) -> None:
        person = self._rng.choice(self._people)
        await self._take(person, self._drafts.screening(person))

    async def _take(self, person: Person, command: Command) -> None:
        self._remember(person, command, await self._send(command))

    async def _record_batch(self) -> None:
        village = self._rng.choice(self._people).village
        people = [p for p in self._people if p.village == village]
        drafted = [(p, self._drafts.screening(p)) for p in self._rng.choices(people, k=self._rng.randint(2, 5))]
        answers = await self._work.sender.send_batch([command for _, command in drafted])
        for (person, command), answer in zip(drafted, answers, strict=True):
            self._remember(person, command, answer)

    def _remember(self, person: Person, command: Command, answer: Answer) -> None:
        self._sent.append(command)
        if answer.accepted:
            self._recorded.append(Recorded(command.about, person))

    async def _correct(self) -> None:
        if recorded := self._open_one():
            answer = await self._send(self._drafts.correction(recorded))
            recorded.version = answer.version or recorded.version

    async def _void(self) -> None:
        if recorded := self._open_one():
            recorded.closed = True
            await self._send(self._drafts.void(recorded))

    async def _register(self) -> None:
        person, command = self._drafts.person()
        await self._send(command)
        self._people.append(person)

    async def _repeat(self) -> None:
        """The same command again, long after its answer: the answer must be the same."""
        if self._sent:
            await self._send(self._rng.choice(self._sent))

    async def _be_refused(self) -> None:
        """A screening that cannot be, or a correction of a version that is past."""
        recorded = self._open_one()
        if recorded is not None and recorded.version > 1:
            await self._send(self._drafts.correction(recorded, base_version=1))
        else:
            await self._send(self._drafts.screening(self._rng.choice(self._people), IMPOSSIBLE))

    async def _move_task(self) -> None:
        """Move a task of a screening that was never amended, if what it opened has arrived; leave that alone then."""
        recorded = self._open_one()
        if recorded is None or recorded.version > 1:
            return
        recorded.closed = True
        task = await self._work.task_of(recorded)
        if task is not None:
            await self._send(self._moves.task_move(task, recorded))

    def _open_one(self) -> Recorded | None:
        found = [recorded for recorded in self._recorded if not recorded.closed]
        return self._rng.choice(found) if found else None
