"""Clocks that jump by an hour while the services run, and a month that ends, in each of the three time zones.

The services' processes get a clock of their own (libfaketime); monotonic time, database, brokers and test keep theirs.
"""

import asyncio
import importlib.util
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta, timezone
from email.utils import parsedate_to_datetime
from pathlib import Path

import httpx2

from deploy.dev.config import SERVICES
from tests.faults.evidence import status_address
from tests.faults.fault import fault
from tests.faults.places import villages_at_borders
from tests.faults.recovery import applied_everywhere
from tests.faults.stage import FaultStage
from tests.faults.workload import Workload
from tests.support.waiting import eventually

HOUR_S = 3_600
TOLERANCE_S = 60
"""What a clock may seem to be off because a loaded machine answers late."""
LISTS = ("/registry/v1/persons", "/screening/v1/sessions", "/cluster-services/v1/tasks")


@fault("clocks of the services an hour fast, then an hour slow", group="clock")
async def clock_steps(stage: FaultStage, work: Workload, rng: random.Random) -> None:
    """Order comes from sequences, age from the database; nothing waits for an hour and nothing is called newer."""
    async with _own_clock(stage) as clock:
        await _show_tokens(work)  # a token issued later would be from the future of a slow clock
        await clock.step(HOUR_S)
        since = datetime.now(UTC)
        await work.acknowledged(5)
        await applied_everywhere(stage)
        await eventually(lambda: _checked_after(stage, since), within_s=60)
        await clock.step(-HOUR_S)
        await work.acknowledged(5)
        await applied_everywhere(stage)
        await clock.step(0)


@fault("a month ends, in each time zone at its own midnight", group="clock")
async def month_ends(stage: FaultStage, work: Workload, rng: random.Random) -> None:
    """What was done just before a facility's midnight counts in the old month, just after it in the new one.

    Events reach every consumer meanwhile, though the relays' clocks are days ahead of the brokers'.
    """
    people = {}
    for hours, village in (await villages_at_borders(stage, rng)).items():
        await work.sender.send(work.drafts.facility(village))
        person, command = work.drafts.person(village)
        await work.sender.send(command)
        people[timezone(timedelta(hours=hours))] = person
    now = datetime.now(UTC)
    first = (now.replace(day=1) + timedelta(days=32)).date().replace(day=1)
    async with _own_clock(stage) as clock:
        for zone, person in sorted(people.items(), key=lambda item: item[0].utcoffset(None), reverse=True):
            midnight = datetime.combine(first, time(), zone)
            for moment in (midnight - timedelta(seconds=30), midnight + timedelta(seconds=30)):
                await clock.set(moment)
                screening = work.drafts.screening(person)
                body = screening.body | {"occurred_at": (moment - timedelta(seconds=10)).isoformat()}
                assert (await work.sender.send(replace(screening, body=body))).accepted
        await clock.set(datetime.combine(first, time(hour=1), UTC))
        await applied_everywhere(stage)
        await stage.restart_with("screening-worker", clock.environment())
        await eventually(lambda: _has_partition(stage, _months_later(first, 2)), within_s=60)
        await clock.step(0)


class Clock:
    """The time that the services' processes believe in."""

    def __init__(self, stage: FaultStage) -> None:
        self._stage, self._file = stage, stage.data / "clock"
        self._file.write_text("+0\n")

    def environment(self) -> dict[str, str]:
        """What a process needs to follow this clock."""
        spec = importlib.util.find_spec("libfaketime")
        assert spec is not None
        assert spec.origin is not None
        library = Path(spec.origin).parent / "vendor" / "libfaketime" / "src" / "libfaketime.so.1"
        assert library.exists(), library
        return {
            "LD_PRELOAD": str(library),
            "FAKETIME_TIMESTAMP_FILE": str(self._file),
            "FAKETIME_CACHE_DURATION": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        }

    async def set(self, moment: datetime) -> None:
        """Let every process believe that it is this moment now."""
        await self.step(round((moment - datetime.now(UTC)).total_seconds()))

    async def step(self, seconds: int) -> None:
        """Let every process' clock jump to so many seconds after true time; returns when all show it."""
        self._file.write_text(f"{seconds:+d}\n")
        await eventually(lambda: _all_off_by(self._stage, seconds), within_s=60)


@asynccontextmanager
async def _own_clock(stage: FaultStage) -> AsyncIterator[Clock]:
    """Start every process of every service with a clock that can be stepped, and in the end again without."""
    clock = Clock(stage)
    await _restart_all(stage, clock.environment())
    try:
        await clock.step(0)
        yield clock
    finally:
        await _restart_all(stage, {})


async def _restart_all(stage: FaultStage, env: dict[str, str]) -> None:
    names = [f"{service.path[1:]}-{role}" for service in SERVICES for role in ("api", "worker")]
    await asyncio.gather(*(stage.restart_with(name, env) for name in names))
    await stage.ready()


async def _all_off_by(stage: FaultStage, seconds: int) -> bool:
    """Whether every process says in its answers (header `Date`) that it is so much later than it is."""
    expected = datetime.now(UTC) + timedelta(seconds=seconds)
    async with httpx2.AsyncClient(timeout=5) as client:
        for address in _addresses(stage):
            try:
                shown = parsedate_to_datetime((await client.get(address + "/health/live")).headers["date"])
            except httpx2.TransportError:
                return False
            if abs((shown - expected).total_seconds()) > TOLERANCE_S:
                return False
    return True


def _addresses(stage: FaultStage) -> list[str]:
    """Where each process answers past the front door."""
    apis = [f"http://127.0.0.1:{stage.platform.environments[s.name][s.prefix + 'PORT']}" for s in SERVICES]
    return apis + [status_address(stage, f"{s.path[1:]}-worker") for s in SERVICES]


async def _show_tokens(work: Workload) -> None:
    """Let every service see the tokens that the workload uses."""
    for village in work.villages:
        for path in LISTS:
            answer = await work.read(path, village, {})
            assert answer.status_code == 200, answer.text


async def _checked_after(stage: FaultStage, since: datetime) -> bool:
    """Whether the numbers are called complete through a moment after `since`; it must not lie ahead of true time."""
    answer = await stage.client.get("/monitoring/v1/situations/id", headers=stage.headers("analyst"))
    answer.raise_for_status()
    checked_at = datetime.fromisoformat(answer.json()["checked_at"] or since.isoformat())
    assert checked_at < datetime.now(UTC) + timedelta(seconds=TOLERANCE_S), "called complete through the future"
    return checked_at > since


async def _has_partition(stage: FaultStage, month: date) -> bool:
    name = f"event_log_{month:%Y_%m}"
    return bool(await stage.rows("screening", "SELECT 1 FROM pg_class WHERE relname = $1", name))


def _months_later(first: date, months: int) -> date:
    index = first.year * 12 + first.month - 1 + months
    return date(index // 12, index % 12 + 1, 1)
