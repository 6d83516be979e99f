"""Clocks that jump by an hour while the services run, and a month that ends, in each of the three time zones.

The services' processes get a clock of their own, or PostgreSQL does; monotonic time, brokers and test keep theirs.
"""

import os
import random
import signal
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta, timezone

from tests.faults.faked_clock import TOLERANCE_S, postgres_clock, services_clock
from tests.faults.fault import CONSUMER, RELAY, fault
from tests.faults.places import villages_at_borders
from tests.faults.platform import BreakablePlatform
from tests.faults.workload import Workload
from tests.support.waiting import eventually

HOUR_S = 3_600
TOLERANCE = timedelta(seconds=TOLERANCE_S)
LISTS = ("/registry/v1/persons", "/screening/v1/open-days", "/cluster-services/v1/tasks")


@fault(
    "clocks of the services an hour fast, then an hour slow",
    group="clock",
    touches=("ilp_shared.clock", "ilp_shared.auth.tokens", *RELAY, *CONSUMER),
)
async def clock_steps(platform: BreakablePlatform, work: Workload, rng: random.Random) -> None:
    """Order comes from sequences, age from the database; nothing waits for an hour and nothing is called newer."""
    async with services_clock(platform) as clock:
        await _show_tokens(work)  # a token issued later would be from the future of a slow clock
        await clock.step(HOUR_S)
        since = datetime.now(UTC)
        await work.acknowledged(5)
        await platform.positions.applied_everywhere()
        await eventually(lambda: _checked_after(platform, since), within_s=60)
        await clock.step(-HOUR_S)
        await work.acknowledged(5)
        await platform.positions.applied_everywhere()
        await clock.step(0)
        work.hurt_ended()


@fault("PostgreSQL's clock an hour fast, then set back", group="clock", touches=(*RELAY, *CONSUMER))
async def postgres_clock_steps(platform: BreakablePlatform, work: Workload, rng: random.Random) -> None:
    """Step the clock that dates leases, events and how far numbers are complete; late dates hold nothing up.

    The relay of screening dies with a lease that reaches an hour ahead when the clock is set back.
    """
    async with postgres_clock(platform) as clock:
        await clock.step(HOUR_S)
        await work.acknowledged(5)
        await platform.positions.applied_everywhere()
        holder = platform.pid_of("screening-worker")
        assert holder is not None
        os.kill(holder, signal.SIGSTOP)
        await clock.step(0)
        assert await _lease_reaches(platform) > HOUR_S / 2
        os.kill(holder, signal.SIGKILL)
        work.hurt_ended()
        await work.acknowledged(5)
        await platform.positions.applied_everywhere()
        since = datetime.now(UTC)
        await eventually(lambda: _checked_lately(platform, since), within_s=60)


@fault(
    "a month ends, in each time zone at its own midnight",
    group="clock",
    touches=("ilp_shared.clock", "ilp_shared.areas", "ilp_shared.bus.archive", "ilp_monitoring.projections"),
    smoke=True,
)
async def month_ends(platform: BreakablePlatform, work: Workload, rng: random.Random) -> None:
    """Record just before and just after a facility's midnight: the old month counts one, the new one the other.

    Events reach every consumer meanwhile, though the relays' clocks are days ahead of the brokers'.
    """
    people = {}
    for hours, village in (await villages_at_borders(platform, rng)).items():
        await work.client.send(work.drafts.facility(village))
        person, command = work.drafts.person(village)
        await work.client.send(command)
        people[timezone(timedelta(hours=hours))] = person
    soon = datetime.now(UTC) + timedelta(minutes=2)  # clocks do not go back: on a last evening only the west is left
    first = _months_later(soon.date().replace(day=1), 1)
    left = {zone: person for zone, person in people.items() if datetime.combine(first, time(), zone) > soon}
    if not left:
        first, left = _months_later(first, 1), people
    async with services_clock(platform) as clock:
        for zone, person in sorted(left.items(), key=lambda item: item[0].utcoffset(None), reverse=True):
            midnight = datetime.combine(first, time(), zone)
            for moment in (midnight - timedelta(seconds=30), midnight + timedelta(seconds=30)):
                await clock.set(moment)
                screening = work.drafts.screening(person)
                body = screening.body | {"occurred_at": (moment - timedelta(seconds=10)).isoformat()}
                assert (await work.client.send(replace(screening, body=body))).accepted
        await clock.set(datetime.combine(first, time(hour=1), UTC))
        await platform.positions.applied_everywhere()
        await platform.restart_with("screening-worker", clock.environment())
        await eventually(lambda: _has_partition(platform, _months_later(first, 2)), within_s=60)
        await clock.step(0)
        work.hurt_ended()


async def _show_tokens(work: Workload) -> None:
    """Let every service see the tokens that the workload uses."""
    for village in work.villages:
        for path in LISTS:
            answer = await work.read(path, village, {})
            assert answer.status_code == 200, answer.text


async def _checked_after(platform: BreakablePlatform, since: datetime) -> bool:
    """Tell whether the numbers are complete through a moment after `since`, which must not be ahead of true time."""
    checked_at = await _checked_at(platform) or since
    assert checked_at < datetime.now(UTC) + TOLERANCE, "called complete through the future"
    return checked_at > since


async def _checked_lately(platform: BreakablePlatform, since: datetime) -> bool:
    """Tell whether they are called complete through a moment after `since` that is not ahead of true time."""
    checked_at = await _checked_at(platform)
    return checked_at is not None and since < checked_at < datetime.now(UTC) + TOLERANCE


async def _checked_at(platform: BreakablePlatform) -> datetime | None:
    answer = await platform.client.get("/monitoring/v1/situations/id", headers=platform.headers("analyst"))
    answer.raise_for_status()
    checked_at = answer.json()["checked_at"]
    return datetime.fromisoformat(checked_at) if checked_at else None


async def _has_partition(platform: BreakablePlatform, month: date) -> bool:
    name = f"event_log_{month:%Y_%m}"
    return bool(await platform.rows("screening", "SELECT 1 FROM pg_class WHERE relname = $1", name))


async def _lease_reaches(platform: BreakablePlatform) -> float:
    """Return seconds from now for which the lease of screening's relay was given."""
    (row,) = await platform.rows("screening", "SELECT expires_at FROM relay_lease")
    return float((row["expires_at"] - datetime.now(UTC)).total_seconds())


def _months_later(first: date, months: int) -> date:
    index = first.year * 12 + first.month - 1 + months
    return date(index // 12, index % 12 + 1, 1)
