"""Client of the load generator: runs it against an address and turns its outcome into a run."""

import asyncio
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path

import orjson

from deploy.dev.config import ROOT
from tests.load.figures import Run
from tests.load.load_generator import Outcome, Spec
from tests.load.processes import Meter


def write_requests(file: Path, requests: Iterable[Mapping[str, object]]) -> Path:
    """Write requests (method, path, headers, body) as the generator reads them; returns the file."""
    file.write_bytes(b"\n".join(orjson.dumps(request) for request in requests))
    return file


async def generate_load(spec: Spec, *, expected: int) -> Outcome:
    """Run the generator in a process of its own; raises AssertionError unless every answer has the expected status."""
    child = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "tests.load.load_generator",
        orjson.dumps(tuple(spec)).decode(),
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
    )
    output, _ = await child.communicate()
    assert child.returncode == 0, "the load generator failed"
    outcome = Outcome(**orjson.loads(output))
    assert outcome.statuses.keys() == {str(expected)}, f"unexpected answers: {outcome.statuses}"
    return outcome


async def measure_load(spec: Spec, pids: Mapping[str, int], *, expected: int) -> Run:
    """Generate load, and measure the CPU that the named processes and the generator spend meanwhile."""
    meter = Meter(pids)
    outcome = await generate_load(spec, expected=expected)
    return Run.of(outcome.done, outcome.seconds, {**meter.spent(), "client": outcome.cpu_s})


def percentile(ordered: list[float], share: float) -> float:
    """Return the value below which a share of the (sorted) values lies."""
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]
