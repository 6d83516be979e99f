"""`make bench`: measure speed beside the raw limits of the same machine, and write RESULTS.md.

`python -m tests.load` runs everything (about ten minutes on two quiet cores); names run only those, and print them.
"""

import asyncio
import os
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Collection
from pathlib import Path
from typing import Final

from tests.load import batch, full_run, judging, post, projection, relay, report, traces
from tests.load.figures import Line
from tests.load.testbed import Testbed, open_testbed

PARTS: Final[dict[str, Callable[[Testbed], Awaitable[list[Line]]]]] = {
    "post": post.run,
    "batch": batch.run,
    "relay": relay.run,
    "projection": projection.run,
    "traces": traces.run,
    "judging": judging.run,
}
NAMES: Final = (*PARTS, *full_run.NAMES)


async def measure(names: Collection[str]) -> tuple[dict[str, list[Line]], str]:
    """Run the named benchmarks and print each; returns their lines and which servers they ran on."""
    results: dict[str, list[Line]] = {}
    servers = ""

    def add(name: str, lines: list[Line]) -> None:
        results[name] = lines
        print(f"\n{name}\n{report.table(lines)}", flush=True)

    for name, benchmark in PARTS.items():
        if name in names:
            with tempfile.TemporaryDirectory(prefix="ilp-bench-") as folder:
                async with open_testbed(Path(folder)) as testbed:
                    servers = f"{testbed.postgres.origin}, {testbed.kafka.origin}"
                    add(name, await benchmark(testbed))
    if set(full_run.NAMES) & set(names):
        with tempfile.TemporaryDirectory(prefix="ilp-bench-") as folder:
            await full_run.run(Path(folder) / "platform", names, add)
    return results, servers


def main(names: list[str]) -> int:
    """Run the named benchmarks, all without a name; returns the exit code, 2 for an unknown name."""
    unknown = set(names) - set(NAMES)
    if unknown:
        print(f"unknown: {', '.join(sorted(unknown))}; there are: {', '.join(NAMES)}", file=sys.stderr)
        return 2
    load, began = os.getloadavg()[0], time.monotonic()
    results, servers = asyncio.run(measure(names or NAMES))
    if not names:
        print(f"\nwritten: {report.write(report.document(results, servers, time.monotonic() - began, load))}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
