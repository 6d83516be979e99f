"""The kept screenshots are those of the pages as they are now: same places, same colours, small enough for review."""

import os
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from playwright.async_api import Browser

from tests.browser.city import City, shown_city
from tests.browser.pictures import difference
from tests.browser.screens import FOLDER, SCREENS, Screen, taken
from tests.support.apps import Issuer
from tests.support.chromium import Chromium
from tests.support.databases import Databases

LARGEST_FOLDER = 1_500_000
TOLERATED = 0.01
"""Share of blocks; a word that wraps or a panel that moves changes several times as many."""
ANEW = "if the change is meant, run `python -m tests.browser.screens` and look at the pictures"


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def city(databases: Databases, issuer: Issuer) -> AsyncIterator[City]:
    """The fixed situation."""
    async with shown_city(databases, issuer) as city:
        yield city


def test_the_folder_holds_these_pictures_and_stays_small() -> None:
    assert {path.name for path in FOLDER.iterdir()} == {screen.file for screen in SCREENS}
    assert sum(path.stat().st_size for path in FOLDER.iterdir()) <= LARGEST_FOLDER


@pytest.mark.backends
@pytest.mark.parametrize("screen", SCREENS, ids=lambda screen: screen.file)
async def test_the_page_looks_as_in_the_picture(
    browser: Browser, chromium: Chromium, city: City, screen: Screen
) -> None:
    if not chromium.has_font:
        reason = f"the pages' font is not installed ({chromium.origin}): pictures cannot be compared"
        pytest.fail(reason) if os.environ.get("CI") else pytest.skip(reason)
    bench = await browser.new_page()
    try:
        share = await difference(bench, (FOLDER / screen.file).read_bytes(), await taken(browser, city, screen))
    finally:
        await bench.close()
    assert share <= TOLERATED, f"{100 * share:.1f} % of {screen.file} differs; {ANEW}"
