"""Screenings per second through the batch route, beside COPY of the very rows that it stores.

One screening is four rows: its state, its first version, its key, its event. COPY gets them ready-made, 500 of each in
a transaction, into tables with the same columns and indexes.
"""

import time
from itertools import islice
from uuid import uuid4

import asyncpg

from tests.load import world
from tests.load.client import Spec
from tests.load.figures import Line, Run, in_turns
from tests.load.ground import Ground
from tests.load.posting import know_people
from tests.load.pressing import press, write_requests
from tests.load.processes import Meter

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


async def run(ground: Ground) -> list[Line]:
    """Measure both; returns the lines of the results."""
    places = world.posyandus(PLACES)
    await ground.migrate("screening")
    await know_people(ground, places)
    address, api = await ground.serve("screening")
    conn = await asyncpg.connect(
        ground.postgres.dsn.rpartition("/")[0] + "/ilp_screening", server_settings={"search_path": "screening"}
    )
    for table in _WRITTEN:
        await conn.execute(f"CREATE TABLE bare_{table} (LIKE {table} INCLUDING ALL)")
    rows: Rows = {}

    async def post() -> Run:
        started = await conn.fetchval("SELECT clock_timestamp()")
        posted = await _posted(ground, places, address, {"API": api, **ground.pids})
        for table, at in _WRITTEN.items():
            rows[table] = [tuple(r) for r in await conn.fetch(f"SELECT * FROM {table} WHERE {at} >= $1", started)]
        stored = {table: len(found) for table, found in rows.items()}
        assert set(stored.values()) == {PLACES * world.PEOPLE}, f"not every item was stored: {stored}"
        return posted

    async def copy() -> Run:
        return await _copied(conn, rows, ground.pids)

    compared = await in_turns(post, copy)
    await conn.close()
    await ground.end()
    return compared.lines(f"screenings in batches of {BATCH}", "rows/s", "COPY of the rows it stores", ratio=_RATIO)


async def _posted(ground: Ground, places: list[world.Posyandu], address: str, pids: dict[str, int]) -> Run:
    items = ({"idempotency_key": str(uuid4()), **body} for _, body in world.screenings(places))
    headers = {"authorization": f"Bearer {ground.token('midwife', 'id')}"}
    requests = [
        {"method": "POST", "path": "/v1/screenings:batch", "headers": headers, "body": {"items": list(together)}}
        for together in iter(lambda: tuple(islice(items, BATCH)), ())
    ]
    file = write_requests(ground.folder / "batches.jsonl", requests)
    meter = Meter(pids)
    spec = Spec(address, str(file), _CLIENTS, 60.0, None, uuid4().hex, limit=len(requests))
    outcome = await press(spec, expected=200)
    return Run.of(PLACES * world.PEOPLE, outcome.seconds, {**meter.spent(), "client": outcome.cpu_s})


async def _copied(conn: asyncpg.Connection, rows: Rows, pids: dict[str, int]) -> Run:
    meter, cpu, started = Meter(pids), time.process_time(), time.perf_counter()
    total = len(rows["screening"])
    for first in range(0, total, BATCH):
        async with conn.transaction():
            for table in _WRITTEN:
                await conn.copy_records_to_table(f"bare_{table}", records=rows[table][first : first + BATCH])
    seconds = time.perf_counter() - started
    return Run.of(total, seconds, {"Python": time.process_time() - cpu, **meter.spent()})
