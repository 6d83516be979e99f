"""From entry to screen: how long until a screening that a phone sends has changed the number a live page shows.

75 screenings a second in an open loop through the front door, a twentieth of the nation's peak; one live page of the
whole city with all its villages, which therefore changes all the time. Every adult counts once in the village's
BP_ADULT, so the n-th patch value of a village tells which entries have arrived.
"""

import asyncio
import time
from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, timedelta
from uuid import uuid4

import httpx2
import orjson

from tests.load import city, population
from tests.load.figures import Goal, Line, Spread
from tests.load.load_client import generate_load, percentile, write_requests
from tests.load.load_generator import Spec
from tests.support.platform import Platform

RATE, SECONDS, RUNS = 75, 20, 3
_INDICATOR = "BP_ADULT"
_P50_MS, _P99_MS = 300.0, 1_000.0
Arrivals = dict[str, list[float]]
"""Instants at which each further resident of a village was counted, by village."""


async def run(platform: Platform, places: Sequence[population.Posyandu]) -> list[Line]:
    """Measure several times with people not yet screened this month; returns the lines of the results."""
    day = datetime.now(UTC).date() - timedelta(days=1)
    adults = iter(_adults(places, day))
    token = platform.headers("midwife", city.CODE)["Authorization"]
    latencies, answers = [], []
    for _ in range(RUNS):
        entries = [next(adults) for _ in range(RATE * SECONDS)]
        live, posted = await _measure(platform, day, token, entries)
        latencies.append(live)
        answers.append(posted)
    note = f"open loop at {RATE}/s for {SECONDS} s, the live page of a city with its villages"
    return [
        Line("entry to live page, p50", "ms", _at(latencies, 0.5), RUNS, Goal(_P50_MS, at_most=True), note),
        Line("entry to live page, p99", "ms", _at(latencies, 0.99), RUNS, Goal(_P99_MS, at_most=True), note),
        Line(
            "entry to its answer, p50", "ms", _at(answers, 0.5), RUNS, None, "the same requests, through the front door"
        ),
        Line(
            "entry to its answer, p99",
            "ms",
            _at(answers, 0.99),
            RUNS,
            None,
            "the same requests, through the front door",
        ),
    ]


def _at(runs: Sequence[list[float]], share: float) -> Spread:
    return Spread.of([percentile(sorted(latencies), share) for latencies in runs])


def _adults(places: Sequence[population.Posyandu], day: date) -> Iterable[tuple[str, dict[str, object]]]:
    """Yield (village, body) of all adults, the first of each village first."""
    grown = [population.Posyandu(place.id, place.village, place.people[city.CHILDREN :]) for place in places]
    bodies = [list(population.screenings([place], day=day)) for place in grown]
    for together in zip(*bodies, strict=True):
        for place, body in together:
            yield place.village, body


async def _measure(
    platform: Platform, day: date, token: str, entries: Sequence[tuple[str, dict[str, object]]]
) -> tuple[list[float], list[float]]:
    headers = {"authorization": token}
    requests = write_requests(
        platform.data / "latency.jsonl",
        ({"method": "POST", "path": "/screening/v1/screenings", "headers": headers, "body": b} for _, b in entries),
    )
    spec = Spec(platform.address, str(requests), 64, float(SECONDS), float(RATE), uuid4().hex)
    arrivals: Arrivals = defaultdict(list)
    ready = asyncio.Event()
    watching = asyncio.create_task(_watch(platform, f"{day:%Y-%m}", arrivals, len(entries), ready))
    try:
        await ready.wait()
        outcome = await generate_load(spec, expected=201)
        await asyncio.wait_for(watching, 60)
    finally:
        watching.cancel()
        await asyncio.gather(watching, return_exceptions=True)
    due: dict[str, list[float]] = defaultdict(list)
    for number, (village, _) in enumerate(entries):
        due[village].append(outcome.began + number / RATE)
    return [
        1_000 * (arrived - sent)
        for village, times in due.items()
        for sent, arrived in zip(times, arrivals[village], strict=True)
    ], outcome.latencies_ms


async def _watch(platform: Platform, period: str, arrivals: Arrivals, expected: int, ready: asyncio.Event) -> None:
    """Follow the live page until all entries have arrived; the first patch says what each village starts from."""
    counted: dict[str, int] = {}
    url = f"/monitoring/v1/situations/{city.CODE}/stream"
    params = {"period": period, "below": "village"}
    headers = platform.headers("dinas", city.CODE)
    async with platform.client.stream("GET", url, params=params, headers=headers, timeout=httpx2.Timeout(60)) as answer:
        assert answer.status_code == 200
        async for line in answer.aiter_lines():
            now = time.time()
            if not line.startswith("data: ") or '"cells"' not in line:
                continue
            for area, indicator, numerator, *_ in orjson.loads(line[6:])["cells"]:
                if indicator == _INDICATOR and area.count(".") == 3:
                    arrivals[area] += [now] * (numerator - counted.get(area, numerator))
                    counted[area] = numerator
            ready.set()
            if sum(map(len, arrivals.values())) == expected:
                return
