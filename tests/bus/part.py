"""One part of the stage as a process of its own, so that a failpoint may kill or freeze it.

Run by test_killed_parts.py: `python -m tests.bus.part relay|consumer <database url> <bootstrap>`.
"""

import asyncio
import sys

import asyncpg

from ilp_shared.bus.consume.consumer import Consumer
from ilp_shared.bus.relay.relay import Relay
from tests.bus.stage import CountingProjection


async def run(part: str, url: str, bootstrap: str) -> None:
    """Run a relay or a consumer until the process ends."""
    async with asyncpg.create_pool(url, min_size=1, max_size=5) as pool:
        if part == "relay":
            await Relay(pool, bootstrap, "registry").run()
        else:
            projection = CountingProjection()
            await Consumer(pool, bootstrap, service="bus-test", sources=["registry"], projection=projection).run()


if __name__ == "__main__":
    asyncio.run(run(*sys.argv[1:]))
