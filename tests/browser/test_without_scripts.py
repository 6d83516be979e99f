"""The page without JavaScript: everything is there, and language, filters, map, links and the dark scheme work."""

import pytest

from tests.browser.kinds import LISTS
from tests.browser.visits import DESKTOP, PHONE, Visits
from tests.support.shared_platform import DayDone

pytestmark = pytest.mark.backends


@pytest.mark.parametrize("area", [*LISTS, "13.76.01.1004"])
async def test_the_content_is_whole(visits: Visits, large_day: DayDone, area: str) -> None:
    visit = await visits.profile(scripts=False)
    page = visit.page
    await page.goto(visits.address_of(area))
    assert await page.locator("[data-card]:visible").count() == 5
    rows = await page.locator("[data-row]").count()
    assert await page.locator("[data-row]:visible").count() == rows
    assert (rows > 0) == (area in LISTS)
    assert "muat ulang" in await page.inner_text("#connection")
    assert not [url for url in visit.asked if "/v1/" in url]


async def test_a_reader_goes_down_and_up_and_changes_language_and_filters(visits: Visits, large_day: DayDone) -> None:
    page = (await visits.profile(scripts=False)).page
    await page.goto(visits.address_of("id"))
    for name in ("Sumatera Barat", "Kota Payakumbuh", "Bulakan Balai Kandi"):
        await page.get_by_role("row", name=name).get_by_role("link").click()
        assert await page.inner_text("h1") == name
    await page.get_by_role("link", name="Kota Payakumbuh").click()
    await page.get_by_role("link", name="Bahasa Inggris").click()
    assert "EXAMPLE DATA" in await page.inner_text("header")
    await page.select_option("[name=indikator]", "BP_ADULT")
    await page.get_by_role("button", name="Apply").click()
    assert "indikator=BP_ADULT" in page.url
    assert "Adults with blood pressure" in await page.inner_text("#map-heading")
    await page.goto(visits.address_of("13.76"))
    assert await page.get_attribute("html", "lang") == "en"  # the choice is remembered


@pytest.mark.parametrize("width", [PHONE, DESKTOP])
async def test_the_nation_leads_to_the_regencies_that_take_part(visits: Visits, large_day: DayDone, width: int) -> None:
    page = (await visits.profile(width=width, scripts=False)).page
    await page.goto(visits.address_of("id", periode=large_day.month))
    await page.locator("#participants").get_by_role("link", name="Kota Payakumbuh").click()
    assert await page.inner_text("h1") == "Kota Payakumbuh"


async def test_tabs_and_legend_of_the_map_work_on_a_phone(visits: Visits, large_day: DayDone) -> None:
    page = (await visits.profile(width=PHONE, scripts=False)).page
    await page.goto(visits.address_of("13.76", periode=large_day.month))
    assert not await page.locator(".map").is_visible()
    await page.locator('label[for="tab-map"]').click()
    assert await page.locator(".map").is_visible()
    assert not await page.locator("#areas").is_visible()
    await page.locator('[data-legend="4"]').click()
    faded = await page.locator('.map path[data-grade="2"]').first.evaluate("(path) => getComputedStyle(path).opacity")
    assert float(faded) < 0.5


async def test_the_dark_scheme_is_dark(visits: Visits, large_day: DayDone) -> None:
    grounds = {}
    for scheme in ("light", "dark"):
        page = (await visits.profile(scheme="dark" if scheme == "dark" else "light", scripts=False)).page
        await page.goto(visits.address_of("13.76"))
        ground = await page.evaluate("() => getComputedStyle(document.documentElement).backgroundColor")
        grounds[scheme] = sum(int(part) for part in ground.removeprefix("rgb(").removesuffix(")").split(","))
    assert grounds["dark"] < 150 < 600 < grounds["light"]
