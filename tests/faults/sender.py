"""One sender of the workload: its people, what it has recorded, and what it does next.

Draws from an rng of its own, so a seed gives the same commands whatever the other senders do.
"""

import asyncio
import random
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from tests.faults.drafting import IMPOSSIBLE, Drafts, Person, Recorded
from tests.faults.ledger import Answer, Command

if TYPE_CHECKING:
    from tests.faults.workload import Workload

PEOPLE = 5
"""People each sender registers before the fault."""
PACE_S = (0.02, 0.12)
"""A sender's pause between two commands."""


class Sender:
    """One sender: its people, and the screenings it has recorded."""

    def __init__(self, work: "Workload", number: int) -> None:
        self._rng = random.Random(f"{work.seed} sender {number}")
        self._work, self._send = work, work.client.send
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
            await self._work.client.send_batch([command for _, command in drafted])
            self._people += [person for person, _ in drafted]

    async def run(self, stopping: asyncio.Event) -> None:
        """Send commands until stopped."""
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
        answers = await self._work.client.send_batch([command for _, command in drafted])
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
        """Send a command again, long after its answer: the answer must be the same."""
        if self._sent:
            await self._send(self._rng.choice(self._sent))

    async def _be_refused(self) -> None:
        """Send an impossible screening, or a correction of an outdated version."""
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
        candidates = [recorded for recorded in self._recorded if not recorded.closed]
        return self._rng.choice(candidates) if candidates else None
