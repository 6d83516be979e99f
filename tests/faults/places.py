"""Where a run works: two regencies that no other run on the platform uses, three villages in them.

Two villages of different districts share a regency, so that sums above the village mean something; the other
regency puts part of the work into another shard.
"""

import random
from typing import Any
from uuid import UUID

from tests.faults.drafting import Village
from tests.support.platform import Platform

REGENCIES = 2
PLACES = 250
"""Pairs of regencies that runs may work in, of the 514 that there are."""
AT_BORDERS = {7: "12.71", 8: "51.71", 9: "91.71"}
"""A regency in each time zone (hours ahead of UTC), for what happens at midnight; no run's villages lie there."""


async def villages_of_run(platform: Platform, seed: int, number: int) -> list[Village]:
    """Return the villages of the run with this number (below PLACES), the same for the same seed."""
    order = random.Random(f"places {seed}")
    regencies = [a["code"] for a in await _areas(platform, level="regency") if a["code"] not in AT_BORDERS.values()]
    order.shuffle(regencies)
    first, second = regencies[number * REGENCIES : (number + 1) * REGENCIES]
    rng = random.Random(f"places {seed} {number}")
    districts = await _areas(platform, area=first, level="district")
    chosen = [area["code"] for area in rng.sample(districts, min(2, len(districts)))] + [second]
    codes = [rng.choice(await _areas(platform, area=area, level="village"))["code"] for area in chosen]
    return [Village(code, str(UUID(int=rng.getrandbits(128), version=4))) for code in codes]


async def villages_at_borders(platform: Platform, rng: random.Random) -> dict[int, Village]:
    """Return a village in each time zone, by hours ahead of UTC."""
    villages = {}
    for hours, regency in AT_BORDERS.items():
        code = rng.choice(await _areas(platform, area=regency, level="village"))["code"]
        villages[hours] = Village(code, str(UUID(int=rng.getrandbits(128), version=4)))
    return villages


async def _areas(platform: Platform, **query: str) -> list[dict[str, Any]]:
    """Areas of the registry, from page to page."""
    headers, cursor = platform.headers("operator"), ""
    areas: list[dict[str, Any]] = []
    while True:
        page = {**query, "limit": "500", **({"cursor": cursor} if cursor else {})}
        answer = await platform.client.get("/registry/v1/areas", params=page, headers=headers)
        answer.raise_for_status()
        areas += answer.json()["items"]
        cursor = answer.json()["next"]
        if not cursor:
            return areas
