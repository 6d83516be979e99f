"""Screening events applied to monitoring's projection per second, beside bare upserts of as many counters."""

import asyncio
import sys

import orjson

from deploy.dev.config import ROOT
from tests.load.applying import BATCH, Spec
from tests.load.figures import ROUNDS, Comparison, Line, Run
from tests.load.ground import Ground

EVENTS = 20_000
_RATIO, _RATE = 0.25, 20_000


async def run(ground: Ground) -> list[Line]:
    """Measure both in a process of their own; returns the lines of the results."""
    await ground.migrate("monitoring")
    urls = ground.urls["monitoring"]
    assert ground.postgres.pid is not None
    spec = Spec(urls.app, urls.owner, ground.postgres.dsn, ground.postgres.pid, EVENTS, ROUNDS)
    child = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "tests.load.applying",
        orjson.dumps(tuple(spec)).decode(),
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
    )
    output, _ = await child.communicate()
    assert child.returncode == 0, "the projection failed"
    found = Comparison(**{side: [Run(*run) for run in runs] for side, runs in orjson.loads(output).items()})
    name = f"screening events into the projection, {BATCH:,} per batch"
    return found.lines(name, "events/s", f"bare upserts, {BATCH:,} per batch", ratio=_RATIO, rate=_RATE)
