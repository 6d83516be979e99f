"""The map under pointer and finger: an area says what it is before it is opened, and small areas can be hit."""

import pytest
from playwright.async_api import Page

from tests.browser.visits import PHONE, Visits
from tests.support.shared_platform import DayDone

pytestmark = pytest.mark.backends
VILLAGE = "13.76.01.1004"
TOUCHABLE_PX = 24
_PLACES = """(paths) => paths.map((path) => {
    const { left, right, width, height } = path.getBoundingClientRect();
    return [path.dataset.shape, left, right, Math.min(width, height)];
})"""


async def row_of(page: Page, village: str) -> tuple[str, str, str]:
    """Return name, ratio and posyandu of a village, as its row in the table has them."""
    row = page.locator(f'[data-row="{village}"]')
    return (
        await row.locator("th").inner_text(),
        await row.locator(".main small").inner_text(),
        await row.locator('[data-cell="reporting"]').inner_text(),
    )


async def middle(page: Page, village: str) -> tuple[float, float]:
    """Return a point inside an outline, in the window."""
    point: list[float] = await page.eval_on_selector(
        f'[data-shape="{village}"]',
        """(path) => {
            path.scrollIntoView({ block: "center" });
            const { left, top, width, height } = path.getBoundingClientRect();
            for (let step = 1; step < 400; step += 1) {
                const [x, y] = [left + (width * (step % 20)) / 20, top + (height * Math.ceil(step / 20)) / 20];
                if (document.elementFromPoint(x, y) === path) return [x, y];
            }
            return [];
        }""",
    )
    return point[0], point[1]


async def test_under_the_pointer_an_area_says_name_and_number(visits: Visits, large_day: DayDone) -> None:
    page = (await visits.situation("13.76")).page
    name, ratio, units = await row_of(page, VILLAGE)
    await page.mouse.move(*await middle(page, VILLAGE))
    card = page.locator("#hovered")
    await card.wait_for(state="visible")
    said = await card.inner_text()
    assert said.startswith(f"{name}: ")
    assert ratio in said
    assert units in said
    assert await page.locator(f'[data-shape="{VILLAGE}"] title').count() == 0, "the browser would show a tip of its own"
    assert (await page.locator(f'a:has([data-shape="{VILLAGE}"])').get_attribute("aria-label") or "").startswith(name)
    await page.mouse.move(5, 5)
    await card.wait_for(state="hidden")
    await page.mouse.click(*await middle(page, VILLAGE))
    await page.wait_for_url(f"**/wilayah/{VILLAGE}*")


async def test_the_first_tap_says_what_the_second_opens(visits: Visits, large_day: DayDone) -> None:
    page = (await visits.situation("13.76", await visits.profile(width=PHONE, touch=True, calm=True))).page
    name, ratio, units = await row_of(page, VILLAGE)
    await page.locator('label[for="tab-map"]').tap()
    await page.touchscreen.tap(*await middle(page, VILLAGE))
    card = page.locator("#tapped")
    await card.wait_for(state="visible")
    said = await card.inner_text()
    assert all(part in said for part in (f"{name}: ", ratio, units, "Buka ›")), said
    link = card.get_by_role("link")
    assert (await link.get_attribute("href") or "").startswith(f"{VILLAGE}?")
    box = await link.bounding_box()
    assert box is not None
    assert box["height"] >= TOUCHABLE_PX
    assert page.url.split("?")[0].endswith("/13.76")
    await page.touchscreen.tap(*await middle(page, VILLAGE))
    await page.wait_for_url(f"**/wilayah/{VILLAGE}*")


async def test_small_villages_of_a_town_are_enlarged_until_a_finger_hits_them(
    visits: Visits, large_day: DayDone
) -> None:
    page = (await visits.situation("14.72", await visits.profile(width=PHONE, touch=True, calm=True))).page
    await page.locator('label[for="tab-map"]').tap()
    button, outlines = page.get_by_role("button", name="Perbesar wilayah kecil"), "svg.map [data-shape]"
    sides: dict[str, float] = {}
    while True:
        box = await page.locator("svg.map").bounding_box()
        assert box is not None
        for village, left, right, side in await page.eval_on_selector_all(outlines, _PLACES):
            if left >= box["x"] - 1 and right <= box["x"] + box["width"] + 1:
                sides[village] = max(side, sides.get(village, 0))
        if not await button.count():
            break
        await button.tap()
    assert len(sides) == 33
    assert sum(side >= TOUCHABLE_PX for side in sides.values()) >= 32
    await page.get_by_role("button", name="Tampilkan seluruh peta").tap()
    assert await page.locator("svg.map").get_attribute("class") == "map"
    assert await button.is_visible()
