"""How long a search for an area takes, one after the other on an idle platform, and how fast people are registered."""

import time
from collections.abc import Sequence
from datetime import date
from uuid import uuid4

from tests.load import city, population
from tests.load.figures import Line, Spread
from tests.support.platform import Platform

ROUNDS, BATCHES, ITEMS = 10, 4, 500
_WORDS = ("payakumbuh", "padang tangah", "13.76.01.1002", "kurun", "suka")


async def run(platform: Platform, places: Sequence[population.Posyandu]) -> list[Line]:
    """Search by name and by code, then register people in batches; returns the lines of the results."""
    headers = platform.headers("dinas", city.CODE)
    took = []
    for _ in range(ROUNDS):
        for word in _WORDS:
            began = time.perf_counter()
            answer = await platform.client.get("/registry/v1/areas", params={"q": word}, headers=headers)
            took.append(1_000 * (time.perf_counter() - began))
            assert answer.status_code == 200
    rates = [await _register(platform, places[number].village) for number in range(BATCHES)]
    return [
        Line("search for an area", "ms", Spread.of(took), len(took), None, "through the front door"),
        Line("people registered in batches", "/s", Spread.of(rates), BATCHES, None, f"{ITEMS} in a batch"),
    ]


async def _register(platform: Platform, village: str) -> float:
    items = [
        {
            "idempotency_key": str(uuid4()),
            "name": "Warga Contoh",
            "sex": "female",
            "birth_date": date(1990, 2, 3).isoformat(),
            "home_area": village,
        }
        for _ in range(ITEMS)
    ]
    headers, began = platform.headers("midwife", city.CODE), time.perf_counter()
    answer = await platform.client.post("/registry/v1/persons:batch", json={"items": items}, headers=headers)
    assert {result["status"] for result in answer.json()["results"]} == {"accepted"}, answer.text
    return ITEMS / (time.perf_counter() - began)
