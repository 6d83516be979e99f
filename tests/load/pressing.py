"""Runs the load generator against an address and turns its outcome into a run. Used by the HTTP benchmarks."""

import asyncio
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path

import orjson

from deploy.dev.config import ROOT
from tests.load.client import Outcome, Spec
from tests.load.figures import Run
from tests.load.processes import Meter


def write_requests(file: Path, requests: Iterable[Mapping[str, object]]) -> Path:
    """Write requests (method, path, headers, body) as the client reads them; returns the file."""
    file.write_bytes(b"\n".join(orjson.dumps(request) for request in requests))
    return file


async def press(spec: Spec, *, expected: int) -> Outcome:
    """Run the client in a process of its own; raises AssertionError unless every answer has the expected status."""
    child = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "tests.load.client",
        orjson.dumps(tuple(spec)).decode(),
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
    )
    output, _ = await child.communicate()
    assert child.returncode == 0, "the load generator failed"
    outcome = Outcome(**orjson.loads(output))
    assert outcome.statuses.keys() == {str(expected)}, f"unexpected answers: {outcome.statuses}"
    return outcome


async def press_measured(spec: Spec, pids: Mapping[str, int], *, expected: int) -> Run:
    """Press, and measure the CPU that the named processes and the client spend meanwhile."""
    meter = Meter(pids)
    outcome = await press(spec, expected=expected)
    return Run.of(outcome.done, outcome.seconds, {**meter.spent(), "client": outcome.cpu_s})


def percentile(ordered: list[float], share: float) -> float:
    """Return the value below which a share of the (sorted) values lies."""
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]
