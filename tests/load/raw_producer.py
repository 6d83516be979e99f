"""The raw limit of the relay: records made beforehand, sent as the relay sends them.

`python -m tests.load.raw_producer SPEC`. Same producer settings, same records, as many in flight; no database is read
or written meanwhile.
"""

import asyncio
import sys
import time
from typing import NamedTuple

import asyncpg
import orjson
import uvloop

from ilp_shared.bus.clients import started
from ilp_shared.bus.cluster import Cluster
from ilp_shared.bus.contract.catalog import PARTITIONS
from ilp_shared.bus.contract.envelope import encode
from ilp_shared.bus.kafka import make_producer

TOPIC = "ilp.bench.v1"
_TOGETHER = 2_000
"""As many as the relay awaits at once."""


class Spec(NamedTuple):
    """Where the records are, where they go, and how many."""

    database_url: str
    bootstrap: str
    records: int


async def produce(spec: Spec) -> tuple[float, float]:
    """Send all records; returns the seconds it took and the CPU seconds spent here."""
    conn = await asyncpg.connect(spec.database_url, server_settings={"search_path": "screening"})
    rows = await conn.fetch("SELECT * FROM event_log ORDER BY id DESC LIMIT $1", spec.records)
    await conn.close()
    records = [(row["shard"] % PARTITIONS, encode(dict(row))) for row in rows]
    producer = make_producer(Cluster(spec.bootstrap))
    async with started(producer):
        cpu, start = time.process_time(), time.perf_counter()
        for first in range(0, len(records), _TOGETHER):
            waiting = [
                await producer.send(TOPIC, value, key, partition, headers=headers)
                for partition, (key, value, headers) in records[first : first + _TOGETHER]
            ]
            await asyncio.gather(*waiting)
        return time.perf_counter() - start, time.process_time() - cpu


if __name__ == "__main__":
    print(orjson.dumps(uvloop.run(produce(Spec(*orjson.loads(sys.argv[1]))))).decode())
