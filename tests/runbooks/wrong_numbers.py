"""A number that the archives do not tell, monitoring rebuilt because of it, and a recount that does not come."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from time import monotonic

from tests.faults.platform import BreakablePlatform
from tests.runbooks.exposition import Exposition
from tests.runbooks.registering import REGENCY
from tests.runbooks.scenario import Rings, Scenario, incident
from tests.runbooks.shell import shell_for
from tests.support.runbooks import Page
from tests.support.waiting import eventually

WORKER = "monitoring-worker"
LATENCY_S = 0.2
"""Of the database while monitoring is rebuilt: its 10,000 events would else be applied before an operator looks."""
LAGGING = 1_000
BUSY = 0.6
TOO_OLD_S = 7_200
BETWEEN_LOOKS_S = 5.0
REBUILT_S = 600.0


class ClockIsBusy:
    """Whether the projection's clock is taken for most of the time between two looks."""

    def __init__(self) -> None:
        self._at, self._held_s = 0.0, 0.0

    def __call__(self, seen: Exposition) -> bool:
        """Tell it for the time since the last look, if that is long enough."""
        now, held_s = monotonic(), sum(seen.values("ilp_projection_clock_hold_seconds_sum"))
        passed_s, gained_s, first = now - self._at, held_s - self._held_s, self._at == 0
        if passed_s < BETWEEN_LOOKS_S:
            return False
        self._at, self._held_s = now, held_s
        return not first and gained_s / passed_s > BUSY


def applied_later_than(seconds: float) -> Rings:
    """Return the condition that events were applied so long after they were recorded."""

    def rings(seen: Exposition) -> bool:
        name = "ilp_event_age_seconds"
        return sum(seen.values(f"{name}_count")) > sum(seen.values(f"{name}_bucket", le=str(seconds)))

    return rings


_BEHIND = (r'"consumer":\{"lag"', r"^ilp_consumer_lag\{.*\} [1-9]\d{3}", r"status")


@incident(
    Scenario(
        "IlpRecountDiffers",
        WORKER,
        rings=lambda seen: max(seen.values("ilp_recount_differences")) > 0,
        shows=(r"^ilp_recount_differences [1-9]", r"cell_extra", r"\(0 rows\)"),
        refuted=False,
        fixed_by_incident=True,
    ),
    Scenario(
        "IlpConsumerLags",
        WORKER,
        rings=lambda seen: sum(seen.values("ilp_consumer_lag")) > LAGGING,
        shows=_BEHIND,
    ),
    Scenario(
        "IlpClockBusy",
        WORKER,
        rings=ClockIsBusy(),
        shows=(r"^ilp_projection_clock_hold_seconds_sum [1-9]", r'"consumer":\{"lag"', r"wait_event"),
    ),
    Scenario("IlpNumbersLate", WORKER, rings=applied_later_than(5.0), shows=_BEHIND),
    Scenario("IlpNumbersVeryLate", WORKER, rings=applied_later_than(60.0), shows=_BEHIND),
)
@asynccontextmanager
async def rebuilt_for_a_wrong_number(platform: BreakablePlatform) -> AsyncIterator[None]:
    """Show a number that nothing was recorded for; the recount finds it, and monitoring is rebuilt as its page says."""
    page, shell = Page.read("IlpRecountDiffers"), shell_for(platform, WORKER)
    await platform.script(
        "monitoring",
        "INSERT INTO cell (area_code, period, indicator, numerator, denominator)"
        f" VALUES ('{REGENCY}', '2024-01', 'D_S', 7, 7)",
    )
    (proof,) = await shell.run_all(page.prove)
    assert proof.code == 1, proof
    await platform.stop(WORKER)

    async def rebuilt() -> bool:
        return [each.code for each in await shell.run_all(page.fix)] == [0]

    await eventually(rebuilt, within_s=60)  # the session of the worker that was stopped may last a moment longer
    platform.database.slow(LATENCY_S)
    try:
        await platform.restart_with(WORKER)
        yield
    finally:
        platform.database.heal()
    await platform.settled(within_s=REBUILT_S)


@incident(
    Scenario(
        "IlpRecountTooOld",
        WORKER,
        rings=lambda seen: min(seen.values("ilp_recount_age_seconds")) > TOO_OLD_S,
        shows=(r"ok", r"^ilp_recount_age_seconds", r"differences"),
    )
)
@asynccontextmanager
async def recount_not_scheduled(platform: BreakablePlatform) -> AsyncIterator[None]:
    """Start the worker without the addresses of the archives; the last recount was three hours ago."""
    await platform.script("monitoring", "UPDATE recount_run SET at = at - interval '3 hours'")
    await platform.restart_with(WORKER)
    await platform.ready()
    yield
