"""One process that applies the same screenings to monitoring again and again, in turns with raw upserts.

`python -m tests.load.projection_process SPEC` prints a Comparison as JSON. It is a process of its own so that it runs
on the worker's event loop, with nothing else in it.
"""

import gc
import sys
import time
from collections.abc import Awaitable, Callable
from typing import NamedTuple

import asyncpg
import orjson
import uvloop
from pydantic import SecretStr

from ilp_monitoring.projections.engine import SituationProjection
from ilp_monitoring.projections.rebuild import rebuild
from ilp_shared.bus.consume.applier import Applier
from tests.load import population, screening_events
from tests.load.figures import Comparison, Run, in_turns
from tests.load.processes import Meter

BATCH = 2_000
"""As many as the consumer takes at once."""
_KEYS = 10_000
_TABLE = "CREATE TABLE IF NOT EXISTS public.raw_counter (key text PRIMARY KEY, n bigint NOT NULL)"
_UPSERT = """
INSERT INTO public.raw_counter AS c (key, n) SELECT * FROM unnest($1::text[], $2::bigint[])
ON CONFLICT (key) DO UPDATE SET n = c.n + excluded.n
"""


class Spec(NamedTuple):
    """Databases and processes to measure, and how much to apply."""

    app_url: str
    owner_url: str
    superuser_url: str
    postgres_pid: int
    events: int
    rounds: int


async def compare(spec: Spec) -> Comparison:
    """Apply all events to an empty projection and upsert as many counters, in turns."""
    events = screening_events.as_read(screening_events.recorded(population.posyandus(spec.events // population.PEOPLE)))
    batches = [events[start : start + BATCH] for start in range(0, len(events), BATCH)]
    gc.freeze()
    superuser = await asyncpg.connect(spec.superuser_url)
    await superuser.execute(_TABLE)
    async with asyncpg.create_pool(
        spec.app_url, min_size=1, max_size=2, server_settings={"search_path": "monitoring"}
    ) as pool:

        async def project() -> Run:
            await rebuild(SecretStr(spec.owner_url))
            applier = Applier(pool, SituationProjection())
            await applier.load_positions()

            async def apply(number: int) -> None:
                holes = await applier.apply(batches[number])
                assert not holes

            return await _timed(spec, apply)

        async def upsert() -> Run:
            return await _timed(spec, lambda number: _upsert(superuser, number))

        comparison = await in_turns(project, upsert, spec.rounds)
    await superuser.close()
    return comparison


async def _upsert(conn: asyncpg.Connection, number: int) -> None:
    keys = sorted(f"cell {(number * BATCH + n) * 7 % _KEYS}" for n in range(BATCH))
    await conn.execute(_UPSERT, keys, [1] * BATCH)


async def _timed(spec: Spec, step: Callable[[int], Awaitable[None]]) -> Run:
    meter, cpu, started = Meter({"PostgreSQL": spec.postgres_pid}), time.process_time(), time.perf_counter()
    for number in range(spec.events // BATCH):
        await step(number)
    seconds = time.perf_counter() - started
    return Run.of(spec.events, seconds, {"Python": time.process_time() - cpu, **meter.spent()})


if __name__ == "__main__":
    comparison = uvloop.run(compare(Spec(*orjson.loads(sys.argv[1]))))
    sides = {"ours": comparison.ours, "raw": comparison.raw}
    print(orjson.dumps({side: [tuple(run) for run in runs] for side, runs in sides.items()}).decode())
