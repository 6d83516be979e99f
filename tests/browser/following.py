"""What a live page must show in the end, whatever happened on the way. Shared by the tests that cut it off."""

from playwright.async_api import Page

from tests.browser.reading import in_table, rendered, shown, snapshot
from tests.support.posyandu import Posyandu
from tests.support.waiting import eventually


async def state(page: Page) -> str:
    """Return what the page says of its connection: `on`, `lost`, …"""
    return str(await page.get_attribute("#connection", "data-state"))


DISTRICTS = 14
"""Districts of the posyandu's regency (34.71), which its page lists."""


def newest(posyandu: Posyandu) -> str:
    """Return the selector of the cell of the posyandu's district, once it counts every child weighed so far."""
    return f'[data-row="{posyandu.district}"] [data-cell="D_S"][data-n="{posyandu.weighed}"]'


async def shows_later(page: Page, selector: str, ms: int) -> bool:
    """Tell whether the page shows something; if not, move its clock on, so that it gives up what it waits for."""
    if await page.locator(selector).count():
        return True
    await page.clock.fast_forward(ms)
    return False


async def shows_what_the_server_knows(page: Page, posyandu: Posyandu) -> None:
    """Wait for the newest number; then every one is that of the REST interface and of a fresh rendering."""
    await page.wait_for_selector(newest(posyandu))
    await posyandu.platform.settled()

    async def same() -> bool:
        return await shown(page) == await rendered(page)

    await eventually(same)
    now = await shown(page)
    assert len(now["table"]) == len(now["outlines"]) == DISTRICTS
    assert in_table(now) == await snapshot(page)
