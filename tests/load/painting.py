"""From a POST to the paint of its number on two live pages, in a real browser on an idle platform."""

from collections.abc import Sequence

from playwright.async_api import async_playwright

from tests.browser.painting import OpenPages
from tests.browser.visits import Visits
from tests.load import population
from tests.load.figures import Goal, Line, Spread
from tests.support.chromium import FLAGS, provide
from tests.support.platform import Platform
from tests.support.posyandu import Posyandu

CHANGES = 7
_VILLAGE = "34.71.03.1001"
_MOST_S = 2.0


async def run(platform: Platform, places: Sequence[population.Posyandu]) -> list[Line]:
    """Weigh children one after the other while both pages are open; returns the lines of the results."""
    took: list[float] = []
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=provide().path, args=[*FLAGS])
        visits = Visits(browser, platform.address)
        posyandu = await Posyandu.opened(platform, _VILLAGE)
        children = [await posyandu.child() for _ in range(CHANGES)]
        pages = await OpenPages.opened(visits, posyandu)
        for child in children:
            posted = await posyandu.weigh(child)
            took += [painted - posted for painted in await pages.painted()]
        await visits.close()
        await browser.close()
    goal, note = Goal(_MOST_S, at_most=True), "one change at a time, pages of the regency and of the village"
    return [Line("POST to the paint of its number", "s", Spread.of(took), len(took), goal, note)]
