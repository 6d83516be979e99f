"""`make bench`: measures speed beside the raw limits of the same machine, and writes RESULTS.md.

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

from tests.load import batching, posting, projecting, relaying, report, whole
from tests.load.figures import Line
from tests.load.ground import Ground, open_ground

ON_GROUND: Final[dict[str, Callable[[Ground], Awaitable[list[Line]]]]] = {
    "post": posting.run,
    "batch": batching.run,
    "relay": relaying.run,
    "projection": projecting.run,
}
NAMES: Final = (*ON_GROUND, *whole.NAMES)


async def measure(wanted: Collection[str]) -> tuple[dict[str, list[Line]], str]:
    """Run the benchmarks wanted and print each; returns their lines and which servers they ran on."""
    found: dict[str, list[Line]] = {}
    servers = ""

    def tell(name: str, lines: list[Line]) -> None:
        found[name] = lines
        print(f"\n{name}\n{report.table(lines)}", flush=True)

    for name, benchmark in ON_GROUND.items():
        if name in wanted:
            with tempfile.TemporaryDirectory(prefix="ilp-bench-") as folder:
                async with open_ground(Path(folder)) as ground:
                    servers = f"{ground.postgres.origin}, {ground.kafka.origin}"
                    tell(name, await benchmark(ground))
    if set(whole.NAMES) & set(wanted):
        with tempfile.TemporaryDirectory(prefix="ilp-bench-") as folder:
            await whole.run(Path(folder) / "platform", wanted, tell)
    return found, servers


def main(names: list[str]) -> int:
    """Entry point; 2 for an unknown name."""
    unknown = set(names) - set(NAMES)
    if unknown:
        print(f"unknown: {', '.join(sorted(unknown))}; there are: {', '.join(NAMES)}", file=sys.stderr)
        return 2
    load, began = os.getloadavg()[0], time.monotonic()
    found, servers = asyncio.run(measure(names or NAMES))
    if not names:
        print(f"\nwritten: {report.write(report.whole(found, servers, time.monotonic() - began, load))}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
