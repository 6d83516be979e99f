"""Small screens, large text, no motion: nothing is lost, nothing scrolls sideways, everything can be touched."""

import pytest
from playwright.async_api import Page

from tests.browser.in_page import script
from tests.browser.kinds import KINDS
from tests.browser.visits import DESKTOP, PHONE, Visits
from tests.support.shared_platform import DayDone

TOUCH_PX = 48
POINTER_PX = 24
NARROWEST = 320
pytestmark = pytest.mark.backends


async def overflow(page: Page) -> int:
    """By how many pixels the page can be scrolled sideways."""
    return int(await page.evaluate("() => document.documentElement.scrollWidth - document.documentElement.clientWidth"))


@pytest.mark.parametrize("lang", ["id", "en"])
@pytest.mark.parametrize("kind", KINDS)
async def test_nothing_is_lost_or_too_small_to_touch(visits: Visits, large_day: DayDone, kind: str, lang: str) -> None:
    visit = await visits.profile(width=PHONE, failures_expected=kind == "error")
    page = visit.page
    await page.goto(visits.address_of(KINDS[kind], lang=lang))
    for width in (PHONE, NARROWEST, DESKTOP // 2):  # the last is a desktop's page at 200 %
        await page.set_viewport_size({"width": width, "height": 640})
        for tab in ("list", "map"):
            label = page.locator(f'label[for="tab-{tab}"]')
            if await label.is_visible():
                await label.click()
            assert await overflow(page) <= 0, (width, tab)
            assert await page.evaluate(script("lost")) == [], (width, tab)
            assert await page.evaluate(script("small"), TOUCH_PX) == [], (width, tab)
    await page.set_viewport_size({"width": DESKTOP, "height": 800})
    assert await page.evaluate(script("small"), POINTER_PX) == []


async def test_nothing_moves_for_those_who_asked_for_calm(visits: Visits, large_day: DayDone) -> None:
    lively = (await visits.situation("13.76.01")).page
    assert await lively.evaluate(script("moving")) != []
    calm = (await visits.situation("13.76.01", await visits.profile(calm=True))).page
    assert await calm.evaluate(script("moving")) == []
