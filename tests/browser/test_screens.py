"""The kept screenshots are those of the pages as they are now: same places, same colours, small enough for review."""

import os
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page

from tests.browser.city import City, shown_city
from tests.browser.pictures import Difference, difference
from tests.browser.screens import FOLDER, SCREENS, Screen, opened, photographed
from tests.support.api import Issuer
from tests.support.chromium import Chromium
from tests.support.databases import Databases

LARGEST_FOLDER = 1_500_000
TOLERATED = 0.01
"""Share of blocks; a word that wraps or a panel that moves changes several times as many."""
ANEW = "if the change is meant, run `python -m tests.browser.screens` and look at the pictures"


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def city(databases: Databases, issuer: Issuer) -> AsyncIterator[City]:
    """Provide the fixed situation."""
    async with shown_city(databases, issuer) as city:
        yield city


def test_the_folder_holds_these_pictures_and_stays_small() -> None:
    assert {path.name for path in FOLDER.iterdir()} == {screen.file for screen in SCREENS}
    assert sum(path.stat().st_size for path in FOLDER.iterdir()) <= LARGEST_FOLDER


@pytest_asyncio.fixture(loop_scope="session")
async def bench(browser: Browser, chromium: Chromium) -> AsyncIterator[Page]:
    """Provide an empty page to compare on; only where the pages' font is installed."""
    if not chromium.has_font:
        reason = f"the pages' font is not installed ({chromium.origin}): pictures cannot be compared"
        pytest.fail(reason) if os.environ.get("CI") else pytest.skip(reason)
    bench = await browser.new_page()
    yield bench
    await bench.close()


async def changed(bench: Page, screen: Screen, page: Page) -> Difference:
    """Return how a page differs from its kept picture."""
    return await difference(bench, (FOLDER / screen.file).read_bytes(), await photographed(page))


@pytest.mark.backends
@pytest.mark.parametrize("screen", SCREENS, ids=lambda screen: screen.file)
async def test_the_page_looks_as_in_the_picture(browser: Browser, bench: Page, city: City, screen: Screen) -> None:
    async with opened(browser, city, screen) as page:
        apart, recoloured = await changed(bench, screen, page)
    assert apart <= TOLERATED, f"{100 * apart:.1f} % of {screen.file} differs; {ANEW}"
    assert recoloured == 0, f"{recoloured} signs on {screen.file} have another colour; {ANEW}"


@pytest.mark.backends
@pytest.mark.parametrize("other", ["below", "urgent", "none"])
@pytest.mark.parametrize("screen", [screen for screen in SCREENS if screen.kind == "village"], ids=lambda s: s.file)
async def test_a_status_in_another_colour_is_noticed(
    browser: Browser, bench: Page, city: City, screen: Screen, other: str
) -> None:
    async with opened(browser, city, screen) as page:
        signs = page.locator('[data-status="reached"]')
        await signs.evaluate_all("(signs, other) => signs.forEach((s) => (s.style.color = `var(--${other})`))", other)
        assert await signs.count() > 0
        assert (await changed(bench, screen, page)).recoloured > 0
