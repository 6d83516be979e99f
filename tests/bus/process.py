"""A relay or a consumer of the bus pair as a process of its own, so that a failpoint may kill or freeze it.

`python -m tests.bus.process relay|consumer`; the rest is in the environment (`environment_of`), because a command line
is for everyone to read.
"""

import asyncio
import os
import sys
from collections.abc import Mapping

import asyncpg

from ilp_shared.bus.cluster import Cluster
from ilp_shared.bus.consume.consumer import Consumer
from ilp_shared.bus.relay.relay import Relay
from ilp_shared.waits import Waits
from tests.support.bus_pair import DOMAIN, SERVICE, BusPair, CountingProjection

_NAMES = ("URL", "BOOTSTRAP", "PREFIX", "WAITS")
_PREFIX = "ILP_BUS_PROCESS_"


def environment_of(pair: BusPair, role: str) -> Mapping[str, str]:
    """Return what the process needs to know."""
    url = pair.source_url if role == "relay" else pair.sink_url
    values = (url, pair.cluster.bootstrap, pair.cluster.prefix, pair.cluster.waits.model_dump_json())
    return {_PREFIX + name: value for name, value in zip(_NAMES, values, strict=True)}


async def run(role: str) -> None:
    """Run a relay or a consumer until the process ends."""
    url, bootstrap, prefix, waits = (os.environ[_PREFIX + name] for name in _NAMES)
    cluster = Cluster(bootstrap, prefix, Waits.model_validate_json(waits))
    async with asyncpg.create_pool(url, min_size=1, max_size=5) as pool:
        if role == "relay":
            await Relay(pool, cluster, DOMAIN).run()
        else:
            projection = CountingProjection()
            await Consumer(pool, cluster, service=SERVICE, sources=[DOMAIN], projection=projection).run()


if __name__ == "__main__":
    asyncio.run(run(sys.argv[1]))
