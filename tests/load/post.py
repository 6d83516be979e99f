"""Durable screening POST/s beside FastAPI alone with one INSERT; then an open loop at half of that rate."""

from pathlib import Path
from uuid import uuid4

import asyncpg

from deploy.dev.vault import PortBook
from ilp_screening.consumers import RegistryCopies
from tests.load import population, raw_endpoint
from tests.load.figures import Comparison, Goal, Line, Run, Spread, in_turns
from tests.load.load_client import generate_load, measure_load, percentile, write_requests
from tests.load.load_generator import Spec
from tests.load.testbed import Testbed, wait_until_answered
from tests.support.feeding import Feed

PLACES = 400
CONNECTIONS = 64
SECONDS = 3.0
_RATIO = 0.6


async def copy_people(testbed: Testbed, places: list[population.Posyandu]) -> None:
    """Copy posyandu and people to the screening service through its own projection of registry events."""
    async with await testbed.pool("screening") as pool:
        events = list(population.registrations(places))
        feed = Feed(pool, RegistryCopies())
        for start in range(0, len(events), 2_000):
            await feed.apply(*events[start : start + 2_000])


def screening_posts(testbed: Testbed, places: list[population.Posyandu]) -> Path:
    """Return the file of screenings of these places, as the load generator reads them."""
    tokens = {regency: testbed.token("midwife", regency) for regency in {place.regency for place in places}}
    return write_requests(
        testbed.folder / "screenings.jsonl",
        (
            {
                "method": "POST",
                "path": "/v1/screenings",
                "headers": {"authorization": f"Bearer {tokens[place.regency]}"},
                "body": body,
            }
            for place, body in population.screenings(places)
        ),
    )


async def run(testbed: Testbed) -> list[Line]:
    """Measure both; returns the lines of the results."""
    places = population.posyandus(PLACES)
    await testbed.migrate("screening")
    await copy_people(testbed, places)
    address, api = await testbed.serve("screening")
    raw_address, raw_pid = await _serve_raw(testbed)
    ours = screening_posts(testbed, places)
    raw = write_requests(
        testbed.folder / "raw.jsonl",
        ({"method": "POST", "path": "/raw", "headers": {}, "body": body} for _, body in population.screenings(places)),
    )

    async def post() -> Run:
        return await measure_load(spec_of(address, ours), {"API": api, **testbed.pids}, expected=201)

    async def insert() -> Run:
        return await measure_load(spec_of(raw_address, raw), {"API": raw_pid, **testbed.pids}, expected=201)

    comparison = await in_turns(post, insert)
    lines = comparison.lines("durable screening POST, full path", "/s", "FastAPI alone, one INSERT", ratio=_RATIO)
    lines += await _open_loop(spec_of(address, ours), comparison)
    await testbed.end()
    return lines


def spec_of(address: str, requests: Path) -> Spec:
    """Return a closed loop of these requests, with Idempotency-Keys of its own."""
    return Spec(address, str(requests), CONNECTIONS, SECONDS, None, uuid4().hex)


async def _open_loop(spec: Spec, comparison: Comparison) -> list[Line]:
    """Measure latency at half the closed loop's rate, counted from the moment each request was due."""
    rate = round(Spread.of([run.rate for run in comparison.ours]).median / 2)
    outcomes = [
        await generate_load(spec._replace(rate=rate, key_prefix=uuid4().hex), expected=201)
        for _ in range(len(comparison.ours))
    ]
    note = f"open loop at {rate}/s"
    return [
        Line(
            f"POST latency {name}",
            "ms",
            Spread.of([percentile(o.latencies_ms, share) for o in outcomes]),
            n,
            goal,
            note,
        )
        for name, share, goal in (("p50", 0.5, None), ("p99", 0.99, Goal(300, at_most=True)))
        for n in (len(outcomes),)
    ]


async def _serve_raw(testbed: Testbed) -> tuple[str, int]:
    url = testbed.urls["screening"].owner
    conn = await asyncpg.connect(url)
    await conn.execute(raw_endpoint.TABLE)
    await conn.close()
    port = PortBook(testbed.folder / "ports.json").take("raw")
    pid = await testbed.start("raw", ("tests.load.raw_endpoint", str(port), url))
    await wait_until_answered(f"http://127.0.0.1:{port}/openapi.json")
    return f"http://127.0.0.1:{port}", pid
