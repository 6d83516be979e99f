"""Durable screening POST/s beside a bare FastAPI endpoint with one INSERT; then an open loop at half of that rate."""

from uuid import uuid4

import asyncpg

from deploy.dev.vault import PortBook
from ilp_screening.consumers import RegistryCopies
from tests.load import bare, world
from tests.load.client import Spec
from tests.load.figures import Comparison, Goal, Line, Run, Spread, in_turns
from tests.load.ground import Ground, answers
from tests.load.pressing import percentile, press, press_measured, write_requests
from tests.support.feeding import Feed

PLACES = 400
CONNECTIONS = 64
SECONDS = 3.0
_RATIO = 0.6


async def know_people(ground: Ground, places: list[world.Posyandu]) -> None:
    """Tell the screening service of posyandu and people, through its own projection of registry events."""
    async with await ground.pool("screening") as pool:
        events = list(world.registrations(places))
        feed = Feed(pool, RegistryCopies())
        for start in range(0, len(events), 2_000):
            await feed.apply(*events[start : start + 2_000])


async def run(ground: Ground) -> list[Line]:
    """Measure both; returns the lines of the results."""
    places = world.posyandus(PLACES)
    await ground.migrate("screening")
    await know_people(ground, places)
    address, api = await ground.serve("screening")
    bare_address, bare_pid = await _serve_bare(ground)
    tokens = {regency: ground.token("midwife", regency) for regency in {place.regency for place in places}}
    bodies = list(world.screenings(places))
    ours = write_requests(
        ground.folder / "screenings.jsonl",
        (
            {
                "method": "POST",
                "path": "/v1/screenings",
                "headers": {"authorization": f"Bearer {tokens[place.regency]}"},
                "body": body,
            }
            for place, body in bodies
        ),
    )
    plain = write_requests(
        ground.folder / "bare.jsonl",
        ({"method": "POST", "path": "/bare", "headers": {}, "body": body} for _, body in bodies),
    )

    async def post() -> Run:
        return await press_measured(_spec(address, ours), {"API": api, **ground.pids}, expected=201)

    async def insert() -> Run:
        return await press_measured(_spec(bare_address, plain), {"API": bare_pid, **ground.pids}, expected=201)

    compared = await in_turns(post, insert)
    lines = compared.lines("durable screening POST, full path", "/s", "bare FastAPI, one INSERT", ratio=_RATIO)
    lines += await _open_loop(_spec(address, ours), compared)
    await ground.end()
    return lines


def _spec(address: str, requests: object, rate: float | None = None) -> Spec:
    return Spec(address, str(requests), CONNECTIONS, SECONDS, rate, uuid4().hex)


async def _open_loop(spec: Spec, compared: Comparison) -> list[Line]:
    """Latency at half the closed loop's rate, counted from the moment each request was due."""
    rate = round(Spread.of([run.rate for run in compared.ours]).median / 2)
    outcomes = [
        await press(spec._replace(rate=rate, key_prefix=uuid4().hex), expected=201) for _ in range(len(compared.ours))
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


async def _serve_bare(ground: Ground) -> tuple[str, int]:
    url = ground.urls["screening"].owner
    conn = await asyncpg.connect(url)
    await conn.execute(bare.TABLE)
    await conn.close()
    port = PortBook(ground.folder / "ports.json").take("bare")
    pid = await ground.start("bare", ("tests.load.bare", str(port), url))
    await answers(f"http://127.0.0.1:{port}/openapi.json")
    return f"http://127.0.0.1:{port}", pid
