"""Keyboard only: everything is reached in order and visibly, nothing holds the focus, and what is reached works."""

from typing import Any

import pytest
from playwright.async_api import Page

from tests.browser.in_page import script
from tests.browser.visits import DESKTOP, PHONE, Visits
from tests.support.shared_platform import DayDone

pytestmark = pytest.mark.backends
MOST_STOPS = 400


async def walk(page: Page) -> list[dict[str, Any]]:
    """Press Tab until the focus leaves the page; what it stopped at."""
    stops: list[dict[str, Any]] = []
    while len(stops) < MOST_STOPS:
        await page.keyboard.press("Tab")
        stop = await page.evaluate(script("stop"))
        if stop is None or stop["again"]:
            return stops
        stops.append(stop)
    raise AssertionError(f"no end after {MOST_STOPS} stops")


@pytest.mark.parametrize(
    ("area", "width"), [("13.76.01", DESKTOP), ("13.76.01", PHONE), ("13.76.01.1004", DESKTOP), ("13", PHONE)]
)
async def test_tab_reaches_everything_visibly_and_leaves_again(
    visits: Visits, large_day: DayDone, area: str, width: int
) -> None:
    page = (await visits.situation(area, await visits.profile(width=width, calm=True))).page
    stops = await walk(page)
    assert 'class="skip"' in stops[0]["what"]
    assert [stop["what"] for stop in stops if not stop["outlined"]] == []
    assert [stop["what"] for stop in stops if not stop["inside"] or stop["covered"]] == []
    assert await page.evaluate(script("missed")) == []


async def test_shift_tab_goes_back_the_same_way(visits: Visits, large_day: DayDone) -> None:
    page = (await visits.situation("13.76.01.1004")).page
    for _ in range(5):
        await page.keyboard.press("Tab")
    seen = await page.evaluate("() => document.activeElement.outerHTML")
    await page.keyboard.press("Tab")
    await page.keyboard.press("Shift+Tab")
    assert await page.evaluate("() => document.activeElement.outerHTML") == seen


async def test_the_skip_link_leads_past_the_head(visits: Visits, large_day: DayDone) -> None:
    page = (await visits.situation("13.76.01")).page
    await page.keyboard.press("Tab")
    box = await page.locator(".skip").bounding_box()
    assert box is not None
    assert box["x"] >= 0
    await page.keyboard.press("Enter")
    await page.keyboard.press("Tab")
    assert await page.evaluate("() => document.activeElement.closest('main') !== null")


async def test_from_the_nation_to_a_village_without_a_mouse(visits: Visits, large_day: DayDone) -> None:
    page = (await visits.situation("id")).page
    for name in ("Sumatera Barat", "Kota Payakumbuh", "Bulakan Balai Kandi"):
        await page.locator("#areas").get_by_role("link", name=name).focus()
        await page.keyboard.press("Enter")
        await page.wait_for_function(
            "(name) => document.querySelector('h1')?.firstChild.textContent === name", arg=name
        )
    assert page.url.split("?")[0].endswith("/13.76.01.1004")


async def test_sorting_legend_filter_and_definitions_obey_the_keyboard(visits: Visits, large_day: DayDone) -> None:
    page = (await visits.situation("13.76.01", periode=large_day.month)).page
    heading = page.locator('#areas [data-sort="D_S"]')
    await heading.get_by_role("button").focus()
    for key, order in (("Enter", "ascending"), ("Space", "descending")):
        await page.keyboard.press(key)
        assert await heading.get_attribute("aria-sort") == order
        values = await page.eval_on_selector_all(
            '#areas tbody [data-cell="D_S"][data-value]', "(cells) => cells.map((cell) => Number(cell.dataset.value))"
        )
        assert values == sorted(values, reverse=order == "descending")
        assert len(set(values)) > 3
    await page.locator("#grade-all").focus()
    await page.keyboard.press("ArrowDown")
    assert await page.locator("#grade-0").is_checked()
    await page.locator("footer summary").first.focus()
    await page.keyboard.press("Enter")
    assert await page.locator("footer details").first.get_attribute("open") is not None
    await page.locator("[name=indikator]").focus()
    await page.keyboard.press("ArrowDown")
    await page.wait_for_url("**indikator=STUNTING*")
