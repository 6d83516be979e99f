"""The projection rebuilt from the archives: `rebuild`, then every event comes again through Kafka.

The rate counts from the first event applied to the last one; the start of the worker is a line of its own.
"""

import asyncio
import sys
import time
from collections.abc import Sequence
from typing import NamedTuple

from deploy.dev.config import ROOT
from deploy.dev.processes import Job
from tests.load import city, population
from tests.load.figures import Goal, Line, Run, Spread, cpu_note
from tests.load.processes import Meter
from tests.support.platform import Platform
from tests.support.waiting import eventually

ROUNDS = 3
_RATE = 20_000
_WORKER = "monitoring-worker"
_WITHIN_S = 300


class _Rebuilt(NamedTuple):
    run: Run
    started_s: float
    total_s: float


async def run(platform: Platform, places: Sequence[population.Posyandu]) -> list[Line]:
    """Record a history, then rebuild several times; returns the lines of the results."""
    await city.record_months(platform, places, population.DAYS)
    total = await _applied(platform)
    rebuilds = [await _rebuild(platform, total) for _ in range(ROUNDS)]
    code, report = await platform.recount()
    assert code == 0, report
    runs = [one.run for one in rebuilds]
    return [
        Line(
            f"rebuild of {total:,} events",
            "events/s",
            Spread.of([r.rate for r in runs]),
            ROUNDS,
            Goal(_RATE),
            cpu_note(runs),
        ),
        Line("rebuild: until the first event", "s", Spread.of([one.started_s for one in rebuilds]), ROUNDS),
        Line("rebuild: all of it", "s", Spread.of([one.total_s for one in rebuilds]), ROUNDS, None, "recount equal"),
    ]


async def _rebuild(platform: Platform, total: int) -> _Rebuilt:
    env = platform.environments["monitoring"]
    await platform.stop(_WORKER)
    child = await asyncio.create_subprocess_exec(sys.executable, "-m", "ilp_monitoring", "rebuild", cwd=ROOT, env=env)
    assert await child.wait() == 0
    began = time.perf_counter()
    platform.deployment.supervisor.keep(Job(_WORKER, ("ilp_monitoring", "worker"), env))

    async def some() -> int:
        return await _applied(platform)

    first = await eventually(some, within_s=_WITHIN_S, every_s=0.02)
    meter, started = Meter(_pids(platform)), time.perf_counter()

    async def all_of_it() -> bool:
        return await _applied(platform) == total

    await eventually(all_of_it, within_s=_WITHIN_S, every_s=0.05)
    ended = time.perf_counter()
    return _Rebuilt(Run.of(total - first, ended - started, meter.spent()), started - began, ended - began)


async def _applied(platform: Platform) -> int:
    return int((await platform.rows("monitoring", "SELECT sum(last)::bigint FROM position"))[0][0])


def _pids(platform: Platform) -> dict[str, int]:
    pids = {
        name: platform.pid_of(name) for name in (_WORKER, "screening-worker", "registry-worker", "postgres", "kafka")
    }
    return {name: pid for name, pid in pids.items() if pid is not None}
