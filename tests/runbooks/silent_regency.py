"""A regency that sends on every weekday and today has sent nothing, while another one does.

Today is the next weekday's noon of its time zone, by the clocks of PostgreSQL, which dates what is recorded, and of the
worker, which looks. The four weeks before are written into the table in which the worker notes them.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime, time, timedelta

from ilp_shared.areas import zone_of
from tests.faults.faked_clock import postgres_clock
from tests.faults.platform import BreakablePlatform
from tests.runbooks.registering import REGENCY
from tests.runbooks.scenario import Scenario, incident
from tests.runbooks.shell import shell_for
from tests.runbooks.walk import PATIENT_S
from tests.support.platform import Platform
from tests.support.posyandu import Posyandu
from tests.support.runbooks import Page
from tests.support.waiting import eventually

ALERT = "IlpRegencySilent"
WORKER = "monitoring-worker"
SENT_ON = 20
"""Weekdays before today."""
_SATURDAY = 5


@incident(
    Scenario(
        ALERT,
        WORKER,
        rings=lambda seen: max(seen.values("ilp_regencies_silent")) > 0,
        shows=(r"^ilp_regencies_silent 1", rf"^ {REGENCY} .*\b{SENT_ON}$", r"^ 20\d\d-\d\d-\d\d"),
    )
)
@asynccontextmanager
async def regency_sends_nothing(platform: BreakablePlatform) -> AsyncIterator[None]:
    """Let another regency send, and this one only once its page was read; the proof holds then, on the same day.

    The worker looks every five minutes. It is started again where a test would wait for that.
    """
    page, shell = Page.read(ALERT), shell_for(platform, WORKER)
    silent, other = [await Posyandu.opened(platform, village) for village in await _villages(platform)]
    children = {posyandu.village: await posyandu.child() for posyandu in (silent, other)}
    noon = _next_noon(silent.village)
    days = ", ".join(f"('{REGENCY}', '{day}')" for day in _weekdays_before(noon.date()))
    await platform.script("monitoring", f"INSERT INTO sending_day (area_code, day) VALUES {days}")
    async with postgres_clock(platform) as clock:
        await clock.set(noon)
        try:
            await other.weigh(children[other.village])
            await platform.positions.applied_everywhere()
            await platform.restart_with(WORKER, clock.environment())
            yield
            await silent.weigh(children[silent.village])
            await platform.positions.applied_everywhere()
            await platform.restart_with(WORKER, clock.environment())

            async def proven() -> bool:
                return [each.code for each in await shell.run_all(page.prove)] == [0]

            await eventually(proven, within_s=PATIENT_S, every_s=0.5)
        finally:
            await platform.restart_with(WORKER)


async def _villages(platform: Platform) -> list[str]:
    """Return a village of the regency, and one of another regency."""
    rows = await platform.rows(
        "registry",
        "SELECT min(code) AS code FROM area WHERE level = 'village' GROUP BY left(code, 5)"
        " ORDER BY left(code, 5) <> $1, code LIMIT 2",
        REGENCY,
    )
    return [row["code"] for row in rows]


def _next_noon(village: str) -> datetime:
    """Return the next noon of a weekday at a place; clocks are moved to it, and not back."""
    zone = zone_of(village)
    now = datetime.now(UTC).astimezone(zone)
    noons = (datetime.combine(now.date() + timedelta(days=n), time(12), zone) for n in range(5))
    return next(noon for noon in noons if noon > now and noon.weekday() < _SATURDAY)


def _weekdays_before(day: date) -> list[date]:
    """Return the weekdays of the four weeks before a day."""
    days = (day - timedelta(days=n) for n in range(1, 29))
    return [each for each in days if each.weekday() < _SATURDAY]
