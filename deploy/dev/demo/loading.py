"""The load of the history through the public API: the newest month first, a month at a time, all districts together.

A month is done when the tasks of its last screening are completed. Nothing else is noted: a load that was cut finds
by this how far it came, and what it sends again is answered as a duplicate.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from datetime import date

from deploy.dev.demo.client import PATIENCE_S, Client, Json, Patience
from deploy.dev.demo.follow_up import ATTENDED, TASKS
from deploy.dev.demo.history import History, Month
from deploy.dev.demo.network import District
from deploy.dev.demo.parallel import side_by_side
from deploy.dev.demo.preparation import BATCH, Settings, read_network, register
from deploy.dev.demo.seeded import demo_id, share
from deploy.dev.demo.steps import Sender, Step
from deploy.dev.demo.visits import Visit, batch

DISTRICTS_AT_ONCE, AT_ONCE = 2, 3
"""So many districts at once, and requests of each: few, so that those of the live day are not held up."""
RETURNED = 0.94
"""Share of the tasks of past months that were carried out; the others are overdue."""


async def load(client: Client, settings: Settings, months: Sequence[date]) -> AsyncIterator[int]:
    """Load these months of all districts; yield the number of screenings sent after each month.

    Raises RefusedError or UnreachableError.
    """
    histories = [await _registered(client, district, settings, months) for district in settings.districts]
    for first in months:
        loads = [Load(client, history.district, settings.seed, history.month(first)) for history in histories]
        await side_by_side(loads, Load.carry_out, DISTRICTS_AT_ONCE)
        yield sum(load.sent for load in loads)


async def _registered(client: Client, district: District, settings: Settings, months: Sequence[date]) -> History:
    posyandu, pustu = await read_network(client, district)
    history = History(district, posyandu, settings)
    await register(client, district, [*history.posyandu, *pustu], history.residents(months), AT_ONCE)
    return history


class Load:
    """The load of one month of one district."""

    def __init__(self, client: Client, district: District, seed: int, month: Month) -> None:
        self._client, self._seed, self._month = client, seed, month
        self._area, self._midwife = district.code, Sender("midwife", district.code)
        self.sent = 0

    async def carry_out(self) -> None:
        """Send what is missing, and complete most of the tasks that came of it."""
        last = await self._last_tasks()
        if last and all(task["status"] == "completed" for task in last):
            return
        visits = list(self._month.visits())
        uploads = [batch(visits[n : n + BATCH], self._midwife) for n in range(0, len(visits), BATCH)]
        await side_by_side([day.schedule() for day in self._month.days], self._client.send, AT_ONCE)
        await side_by_side(uploads, self._client.send, AT_ONCE)
        await self._client.send(batch([self._month.last], self._midwife))
        self.sent = len(visits) + 1
        patience = Patience(str(self._month.last.id), PATIENCE_S)
        while not (last := await self._last_tasks()):
            await patience.wait()
        await side_by_side(await self._returned(visits), self._complete, AT_ONCE)
        await side_by_side([task for task in last if task["status"] != "completed"], self._complete, AT_ONCE)

    async def _last_tasks(self) -> list[Json]:
        last = self._month.last
        tasks = self._client.items(TASKS, self._midwife, person=str(last.person))
        return [task async for task in tasks if task["screening_id"] == str(last.id)]

    async def _returned(self, visits: Sequence[Visit]) -> list[Json]:
        """Return the open tasks of these visits that are to be completed."""
        own = {str(visit.id) for visit in visits}
        tasks = self._client.items(TASKS, self._midwife, area=self._area, status="requested")
        opened = [task async for task in tasks if task["screening_id"] in own]
        return [task for task in opened if share(self._seed, "returned", task["id"]) < RETURNED]

    async def _complete(self, task: Json) -> None:
        key = str(demo_id("complete", task["id"]))
        await self._client.send(Step(self._midwife, f"{TASKS}/{task['id']}/complete", ATTENDED, key))
