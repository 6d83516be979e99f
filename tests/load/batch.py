"""Screenings per second through the batch route, beside COPY of the very rows that it stores.

One screening is four rows: its state, its first version, its key, its event. COPY gets them ready-made, 500 of each in
a transaction, into tables with the same columns and indexes.
"""

import time
from itertools import islice
from uuid import uuid4

import asyncpg

from tests.load import population
from tests.load.figures import Line, Run, in_turns
from tests.load.load_client import generate_load, write_requests
from tests.load.load_generator import Spec
from tests.load.post import copy_people
from tests.load.processes import Meter
from tests.load.testbed import Testbed

PLACES = 150
BATCH = 500
_WRITTEN = {
    "screening": "recorded_at",
    "screening_version": "recorded_at",
    "idempotency_key": "created_at",
    "event_log": "recorded_at",
}
"""Tables a screening is written to, and the column that says when."""
_RATIO = 0.3
_CLIENTS = 2
Rows = dict[str, list[tuple[object, ...]]]


async def run(testbed: Testbed) -> list[Line]:
    """Measure both; returns the lines of the results."""
    places = population.posyandus(PLACES)
    await testbed.migrate("screening")
    await copy_people(testbed, places)
    address, api = await testbed.serve("screening")
    conn = await asyncpg.connect(
        testbed.postgres.dsn.rpartition("/")[0] + "/ilp_screening", server_settings={"search_path": "screening"}
    )
    for table in _WRITTEN:
        await conn.execute(f"CREATE TABLE raw_{table} (LIKE {table} INCLUDING ALL)")
    rows: Rows = {}

    async def post() -> Run:
        started = await conn.fetchval("SELECT clock_timestamp()")
        posted = await _posted(testbed, places, address, {"API": api, **testbed.pids})
        for table, at in _WRITTEN.items():
            rows[table] = [tuple(r) for r in await conn.fetch(f"SELECT * FROM {table} WHERE {at} >= $1", started)]
        stored = {table: len(copies) for table, copies in rows.items()}
        assert set(stored.values()) == {PLACES * population.PEOPLE}, f"not every item was stored: {stored}"
        return posted

    async def copy() -> Run:
        return await _copied(conn, rows, testbed.pids)

    comparison = await in_turns(post, copy)
    await conn.close()
    await testbed.end()
    return comparison.lines(f"screenings in batches of {BATCH}", "rows/s", "COPY of the rows it stores", ratio=_RATIO)


async def _posted(testbed: Testbed, places: list[population.Posyandu], address: str, pids: dict[str, int]) -> Run:
    items = ({"idempotency_key": str(uuid4()), **body} for _, body in population.screenings(places))
    headers = {"authorization": f"Bearer {testbed.token('midwife', 'id')}"}
    requests = [
        {"method": "POST", "path": "/v1/screenings:batch", "headers": headers, "body": {"items": list(together)}}
        for together in iter(lambda: tuple(islice(items, BATCH)), ())
    ]
    file = write_requests(testbed.folder / "batches.jsonl", requests)
    meter = Meter(pids)
    spec = Spec(address, str(file), _CLIENTS, 60.0, None, uuid4().hex, limit=len(requests))
    outcome = await generate_load(spec, expected=200)
    return Run.of(PLACES * population.PEOPLE, outcome.seconds, {**meter.spent(), "client": outcome.cpu_s})


async def _copied(conn: asyncpg.Connection, rows: Rows, pids: dict[str, int]) -> Run:
    meter, cpu, started = Meter(pids), time.process_time(), time.perf_counter()
    total = len(rows["screening"])
    for first in range(0, total, BATCH):
        async with conn.transaction():
            for table in _WRITTEN:
                await conn.copy_records_to_table(f"raw_{table}", records=rows[table][first : first + BATCH])
    seconds = time.perf_counter() - started
    return Run.of(total, seconds, {"Python": time.process_time() - cpu, **meter.spent()})
