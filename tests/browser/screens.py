"""Screenshots of the main kinds of pages; `python -m tests.browser.screens` writes them again.

They are in `tests/browser/screens/`, so that a change of the look shows in review; `test_screens.py` compares. Data,
clock and readings of the clock are fixed (`city.py`); the pages' font must be installed (`tests/support/chromium.py`).
"""

import asyncio
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from playwright.async_api import Browser, Page, async_playwright

from ilp_shared.auth import development
from tests.browser.city import City, shown_city
from tests.browser.in_page import script
from tests.browser.pictures import reduced
from tests.browser.visits import DESKTOP, LIVE, PHONE, Language, Scheme
from tests.support.api import Issuer
from tests.support.chromium import FLAGS, provide
from tests.support.databases import Databases
from tests.support.servers import Servers, ask

FOLDER = Path(__file__).parent / "screens"
PATIENCE_MS = 90_000
HEIGHTS = {DESKTOP: 1080, PHONE: 1500}
AS_OF = {"id": "Data per 22 Nov 2026 14.05.12 WIB", "en": "Data as of 22 Nov 2026 14:05:12 WIB"}


@dataclass(frozen=True)
class Screen:
    """One picture: which page, in which language, on which width, in which scheme, perhaps its map tab."""

    kind: str
    area: str
    width: int
    scheme: Scheme
    language: Language
    map_tab: bool = False

    @property
    def file(self) -> str:
        """Its file's name."""
        return f"{self.kind}-{self.width}-{self.scheme}-{self.language}.png"


SCREENS = (
    Screen("nation", "id", DESKTOP, "light", "id"),
    Screen("nation", "id", PHONE, "dark", "en"),
    Screen("province", "13", DESKTOP, "dark", "en"),
    Screen("province", "13", PHONE, "light", "id"),
    Screen("regency", "13.76", DESKTOP, "light", "id"),
    Screen("regency", "13.76", DESKTOP, "dark", "en"),
    Screen("regency", "13.76", PHONE, "light", "id"),
    Screen("regency-map", "13.76", PHONE, "dark", "en", map_tab=True),
    Screen("district", "13.76.01", DESKTOP, "dark", "id"),
    Screen("district", "13.76.01", PHONE, "light", "en"),
    Screen("village", "13.76.01.1004", DESKTOP, "light", "en"),
    Screen("village", "13.76.01.1004", PHONE, "dark", "id"),
    Screen("error", "99.99", DESKTOP, "dark", "en"),
    Screen("error", "99.99", PHONE, "light", "id"),
)


@asynccontextmanager
async def opened(browser: Browser, city: City, screen: Screen) -> AsyncIterator[Page]:
    """Open a page and wait until it is live and nothing on it moves."""
    context = await browser.new_context(
        viewport={"width": screen.width, "height": HEIGHTS[screen.width]},
        color_scheme=screen.scheme,
        reduced_motion="reduce",
        extra_http_headers=city.issuer.headers("dinas"),
    )
    context.set_default_timeout(PATIENCE_MS)
    try:
        page = await context.new_page()
        query = f"periode=2026-11&penyebut=riil&lang={screen.language}"
        await page.goto(f"{city.address}/wilayah/{screen.area}?{query}")
        if screen.kind != "error":
            await page.wait_for_selector(LIVE)
        await _still(page, screen)
        yield page
    finally:
        await context.close()


async def photographed(page: Page) -> bytes:
    """Return the picture of a page as it is."""
    return await page.screenshot(animations="disabled", caret="hide")


async def _still(page: Page, screen: Screen) -> None:
    """Open the tab wanted and show it, and put fixed words where a time or a number of this run is."""
    if screen.map_tab:
        await page.locator('label[for="tab-map"]').click()
    await page.evaluate(script("still"), AS_OF[screen.language])
    top = ".tabs" if screen.map_tab else "body"
    await page.locator(top).evaluate("(element) => element.scrollIntoView({ behavior: 'instant' })")


@asynccontextmanager
async def _workshop() -> AsyncIterator[tuple[Browser, City]]:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        development.create_issuer(folder / "issuer")
        with Servers(folder / "servers"):
            server = await asyncio.to_thread(ask, "postgres")
            databases = Databases(server.address, thrown_away=server.thrown_away)
            async with async_playwright() as playwright:
                browser = await playwright.chromium.launch(executable_path=provide().path, args=[*FLAGS])
                async with shown_city(databases, Issuer(folder / "issuer")) as city:
                    yield browser, city
                await browser.close()
            await databases.drop_all()


async def main() -> int:
    """Write all pictures; 0."""
    FOLDER.mkdir(exist_ok=True)
    async with _workshop() as (browser, city):
        bench = await browser.new_page()
        for screen in SCREENS:
            async with opened(browser, city, screen) as page:
                picture = await reduced(bench, await photographed(page))
            (FOLDER / screen.file).write_bytes(picture)
            print(f"{screen.file}  {len(picture) / 1000:.0f} kB")
    return 0


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
