"""Screening events applied to monitoring's projection per second, beside raw upserts of as many counters."""

import asyncio
import sys

import orjson

from deploy.dev.config import ROOT
from tests.load.figures import ROUNDS, Comparison, Line, Run
from tests.load.projection_process import BATCH, Spec
from tests.load.testbed import Testbed

EVENTS = 20_000
_RATIO, _RATE = 0.25, 20_000


async def run(testbed: Testbed) -> list[Line]:
    """Measure both in a process of their own; returns the lines of the results."""
    await testbed.migrate("monitoring")
    urls = testbed.urls["monitoring"]
    assert testbed.postgres.pid is not None
    spec = Spec(urls.app, urls.owner, testbed.postgres.dsn, testbed.postgres.pid, EVENTS, ROUNDS)
    child = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "tests.load.projection_process",
        orjson.dumps(tuple(spec)).decode(),
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
    )
    output, _ = await child.communicate()
    assert child.returncode == 0, "the projection failed"
    comparison = Comparison(**{side: [Run(*run) for run in runs] for side, runs in orjson.loads(output).items()})
    name = f"screening events into the projection, {BATCH:,} per batch"
    return comparison.lines(name, "events/s", f"upserts alone, {BATCH:,} per batch", ratio=_RATIO, rate=_RATE)
