"""Memory of every process of the platform, idle and after all load, and how long the platform takes to start."""

import time
from collections.abc import Mapping

from deploy.dev.config import Config
from deploy.dev.ledger import living
from tests.load.figures import Goal, Line, Spread
from tests.load.processes import pss_mb
from tests.support.platform import Platform
from tests.support.started_platform import started

STARTS = 3
_MOST_MB = 150.0


def memory(platform: Platform) -> dict[str, float]:
    """Return MB of each process by name: its own pages and its share of those it has in common with others."""
    return {name: pss_mb(identity.pid) for name, identity, _ in living(platform.data / "run.json")}


def memory_lines(idle: Mapping[str, float], loaded: Mapping[str, float]) -> list[Line]:
    """Return one line per process: after all load, and beside it when idle. Goals are those of APIs and workers."""
    return [
        Line(
            f"memory of {name}",
            "MB",
            Spread.of([loaded[name]]),
            1,
            Goal(_MOST_MB, at_most=True) if name.endswith(("-api", "-worker")) else None,
            f"after all load; idle {before:.0f}",
        )
        for name, before in sorted(idle.items())
        if name in loaded
    ]


async def start_lines(config: Config, first_s: float) -> list[Line]:
    """Start the platform on its data a few times; `first_s` is what the very first start took."""
    later = []
    for _ in range(STARTS):
        began = time.perf_counter()
        async with started(config):
            later.append(time.perf_counter() - began)
    return [
        Line("first start, until the page shows", "s", Spread.of([first_s]), 1, None, "empty folder; jars were there"),
        Line("later start, until the page shows", "s", Spread.of(later), STARTS, None, "with this run's data"),
    ]
