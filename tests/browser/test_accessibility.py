"""axe finds nothing on any kind of page, in both languages, light and dark, on phone and desktop."""

import asyncio

import pytest
from axe_playwright_python.async_playwright import Axe  # type: ignore[import-untyped]
from playwright.async_api import Page

from tests.browser.kinds import KINDS
from tests.browser.visits import DESKTOP, HEIGHTS, PHONE, Language, Scheme, Visits
from tests.support.shared_platform import DayDone

LOOKS: dict[Language, tuple[tuple[int, Scheme], ...]] = {
    "id": ((DESKTOP, "light"), (PHONE, "dark")),
    "en": ((DESKTOP, "dark"), (PHONE, "light")),
}
"""Every two of language, width and scheme meet."""
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
FOREIGN = "#swagger-ui"
"""What Swagger UI draws is not ours: only the page around it is judged."""
pytestmark = pytest.mark.backends


async def violations(page: Page, context: dict[str, list[str]] | None = None) -> list[str]:
    """Return what axe finds: the rule and the first element that breaks it."""
    answer = await Axe().run(page, context=context, options={"resultTypes": ["violations"], "runOnly": RULES})
    assert answer.response["passes"], "axe has judged nothing"
    return [f"{violation['id']}: {violation['nodes'][0]['html'][:200]}" for violation in answer.response["violations"]]


@pytest.mark.parametrize("kind", KINDS)
async def test_axe_finds_nothing(visits: Visits, large_day: DayDone, kind: str) -> None:
    async with asyncio.TaskGroup() as languages:
        pages = [languages.create_task(findings_on(visits, kind, lang)) for lang in LOOKS]
    assert {place: names for page in pages for place, names in page.result().items() if names} == {}


async def findings_on(visits: Visits, kind: str, lang: Language) -> dict[tuple[Language, int, Scheme], list[str]]:
    """Return what axe finds on a kind of page in one language, by how it is looked at."""
    visit = await visits.profile(failures_expected=kind == "error", calm=True)
    page = visit.page
    await page.goto(visits.address_of(KINDS[kind], lang=lang))
    assert await page.get_attribute("html", "lang") == lang
    for details in await page.query_selector_all("details"):
        await details.evaluate("(element) => { element.open = true; }")
    findings = {}
    for width, scheme in LOOKS[lang]:
        await page.set_viewport_size({"width": width, "height": HEIGHTS[width]})
        await page.emulate_media(color_scheme=scheme)
        findings[lang, width, scheme] = await violations(page)
    map_tab = page.locator('label[for="tab-map"]')
    if lang == "id" and await map_tab.is_visible():
        await map_tab.click()
        findings[lang, PHONE, scheme] += await violations(page)
    return findings


async def test_axe_finds_nothing_around_the_api_documents(visits: Visits) -> None:
    visit = await visits.profile()
    await visit.page.goto(f"{visits.address}/monitoring/docs")  # all four services serve the same page
    await visit.page.wait_for_selector(".swagger-ui .info")
    assert await violations(visit.page, {"exclude": [FOREIGN]}) == []
