"""The drill: a platform under load loses the server of all its databases, and goes back to a moment after the backup.

What the operator runs is taken from deploy/README.md; the load, the steps after a restore and the oracle are those of
the fault campaign.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from deploy.dev.config import SERVICES
from tests.backup.page import blocks
from tests.backup.server import BackedUpPostgres
from tests.backup.target import Place, Target, archived, differences_of_list
from tests.faults.campaign import access_of, counted_by_a_stranger, recounted
from tests.faults.ledger import Entry
from tests.faults.oracle import judge
from tests.faults.platform import BreakablePlatform
from tests.faults.restore_incident import lost_by
from tests.faults.restore_operator import (
    BY_NAME,
    WORKERS,
    Lines,
    closed_door,
    enter_again,
    orphans,
    recover,
    see_refusal,
)
from tests.faults.workload import Workload
from tests.support.waiting import eventually

SET_UP, JOBS, RESTORE = (
    blocks(f"pgBackRest: {heading}") for heading in ("set up", "jobs", "restore to a point in time")
)
LISTED = ("registry", "screening", "cluster_services")
"""Services with commands. Monitoring's events follow from the others' at times of its own."""
_LOAD = 20
"""Commands that must be acknowledged in each part of the load."""
_AGAIN = 5
"""Lost commands that are sent once more after they were entered again."""
_APART_S = 2.0
_REPLAYED_S = 900.0
"""Patience with consumers that read everything again from the beginning."""
_ARCHIVED_S = 180.0
"""Patience with `archive_timeout`, which is a minute."""


@dataclass
class Drill:
    """A drill under way, and what it showed."""

    platform: BreakablePlatform
    server: BackedUpPostgres
    work: Workload
    lost: dict[str, list[Entry]] = field(default_factory=dict)
    """Acknowledged commands that the restored archive does not have, by service."""
    gone: dict[str, set[Place]] = field(default_factory=dict)
    """All that the archive had before and not after."""
    listed: dict[str, Lines] = field(default_factory=dict)
    acknowledged: list[Entry] = field(default_factory=list)
    """All that had been acknowledged when the server was destroyed."""
    seconds: dict[str, float] = field(default_factory=dict)
    log: str = ""
    """What PostgreSQL said when it recovered."""

    async def run(self) -> Target:
        """Load, back up, load, note the moment, load, destroy, restore to the moment, recover, enter again."""
        await self.work.start()
        await self.work.acknowledged(_LOAD)
        await self.operate("check and full backup", SET_UP[1])
        await self._load_until_later()
        target = await Target.now(self.platform, self.work)
        await self._load_afterwards()
        async with closed_door(self.platform, self.work):
            await self._archive_log()  # by then what was on its way when the door closed has ended
            await self.platform.positions.applied_everywhere()
            before = {name: await archived(self.platform, name) for name in LISTED}
            self.acknowledged = self.work.ledger.acknowledged()
            self.platform.database.refuse()
            await self.timed("restore", self._restore(target))
            for name in LISTED:
                self.lost[name] = await lost_by(self.platform, self.work, BY_NAME[name])
                self.gone[name] = before[name] - await archived(self.platform, name)
            self.platform.database.heal()
            await self.timed("recover", self._recover())
            lost = sorted((entry for some in self.lost.values() for entry in some), key=lambda entry: entry.number)
            await self.timed("enter again", enter_again(self.platform, self.work, lost))
            await enter_again(self.platform, self.work, lost[:_AGAIN])
        return target

    async def _load_until_later(self) -> None:
        """Let the load go on for some seconds of the server's clock.

        pgBackRest compares whole seconds: it takes no backup for a moment of the second in which that ended.
        """
        (begin,) = await self.platform.rows("registry", "SELECT clock_timestamp() AS moment")

        async def is_later() -> bool:
            statement = "SELECT clock_timestamp() > $1::timestamptz + make_interval(secs => $2) AS later"
            (now,) = await self.platform.rows("registry", statement, begin["moment"], _APART_S)
            return bool(now["later"])

        await self.work.acknowledged(_LOAD)
        await eventually(is_later)

    async def _load_afterwards(self) -> None:
        """Let something of every kind be acknowledged after the moment, whatever the senders do."""
        await self.work.acknowledged(_LOAD)
        recorded = await self.work.suspect()
        await self.work.client.send(await self.work.task_move(recorded))

    async def _archive_log(self) -> None:
        """Wait until the log up to now is archived: what was not would be gone with the disk."""
        (row,) = await self.platform.rows("registry", "SELECT pg_walfile_name(pg_current_wal_lsn()) AS segment")

        async def is_archived() -> bool:
            statement = "SELECT last_archived_wal >= $1 AS archived FROM pg_stat_archiver"
            (now,) = await self.platform.rows("registry", statement, row["segment"])
            return bool(now["archived"])

        await eventually(is_archived, within_s=_ARCHIVED_S, every_s=0.5)

    async def _restore(self, target: Target) -> None:
        log = self.platform.data / "logs" / "postgres.log"
        said = log.stat().st_size
        await self.server.kill()
        self.server.empty()
        await self.operate("pgbackrest restore", RESTORE[0], TARGET=target.moment)
        await self.timed("start of the server", self.server.start())
        await self.operate("end of recovery and full backup", RESTORE[1])
        self.log = log.read_bytes()[said:].decode()
        self.work.hurt_ended()

    async def _recover(self) -> None:
        """Do the steps of "A database restored to an older state" for all four services."""
        for name in LISTED:
            await see_refusal(self.platform, BY_NAME[name])
        await asyncio.gather(*(self.platform.stop(name) for name in WORKERS))
        for service in SERVICES:
            self.listed[service.name] = await recover(self.platform, service)
        await asyncio.gather(*(self.platform.restart_with(name) for name in WORKERS))
        await self.platform.settled(within_s=_REPLAYED_S)

    async def operate(self, what: str, commands: str, **names: str) -> str:
        """Run commands of the page, which must succeed; returns what they print."""
        answer: tuple[int, str] = await self.timed(what, self.server.operate(commands, **names))
        code, said = answer
        assert code == 0, f"{commands}\n{said}"
        return said

    async def timed(self, what: str, work: Awaitable[Any]) -> Any:
        """Note how long something takes."""
        began = time.monotonic()
        answer = await work
        self.seconds[what] = round(time.monotonic() - began, 1)
        return answer

    def differences_of_lists(self, shorten: Callable[[Lines], Lines] = lambda lines: lines) -> list[str]:
        """Return where the lists are not exactly what was lost; `shorten` changes each list first."""
        return [
            f"{name}: {difference}"
            for name in LISTED
            for difference in differences_of_list(shorten(self.listed[name]), self.lost[name], self.gone[name])
        ]

    async def findings(self) -> Sequence[str]:
        """Let the load end, and return what oracle, recount and stranger find."""
        await self.work.acknowledged(_LOAD)
        await self.work.finish()
        await self.platform.ready()
        await self.platform.settled(within_s=240)
        verdict = await judge(access_of(self.platform), self.work.ledger)
        left = [f"a task without its screening: {task}" for task in await orphans(self.platform)]
        return [
            *verdict.findings,
            *left,
            *await recounted(self.platform),
            *await counted_by_a_stranger(self.platform),
        ]
