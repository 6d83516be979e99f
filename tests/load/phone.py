"""How long a situation page takes on a cheap phone (`tests/browser/phone.py`) until it can be used.

Slowed six times, the figures say as much of what else the machine does as of the page.
"""

from collections.abc import Sequence

from playwright.async_api import async_playwright

from tests.browser.phone import Phone
from tests.browser.visits import Visits
from tests.load import city, population
from tests.load.figures import Goal, Line, Spread
from tests.support.chromium import FLAGS, provide
from tests.support.platform import Platform

RUNS = 3
_FIRST_S, _AGAIN_S = 5.0, 3.5


async def run(platform: Platform, places: Sequence[population.Posyandu]) -> list[Line]:
    """Load the page of a city with an empty cache, and another of it with a full one; returns the lines."""
    first, again = [], []
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=provide().path, args=[*FLAGS])
        visits = Visits(browser, platform.address)
        for _ in range(RUNS):
            phone = await Phone.of(visits)
            first.append((await phone.load(visits.address_of(city.CODE))).usable_s)
            again.append((await phone.load(visits.address_of(city.CODE, indikator="BP_ADULT"))).usable_s)
        await visits.close()
        await browser.close()
    note = "360 × 640, CPU six times slower, 400 kbit/s, 300 ms"
    return [
        Line("first page on a phone, usable", "s", Spread.of(first), RUNS, Goal(_FIRST_S, at_most=True), note),
        Line("next page on a phone, usable", "s", Spread.of(again), RUNS, Goal(_AGAIN_S, at_most=True), note),
    ]
