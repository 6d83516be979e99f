"""What a situation page shows, read from its document: the live one, or one the server has just rendered."""

from typing import Any

from playwright.async_api import Page

from tests.browser.in_page import script

Shown = dict[str, Any]
Numbers = dict[str, dict[str, tuple[str, int]]]
"""Area → indicator → state and numerator."""


async def shown(page: Page) -> Shown:
    """Return what the open page shows now."""
    content: Shown = await page.evaluate(script("shown"), False)
    return content


async def rendered(page: Page) -> Shown:
    """Return what the server's rendering of the same address shows, without its scripts."""
    content: Shown = await page.evaluate(script("shown"), True)
    return content


async def snapshot(page: Page) -> Numbers:
    """Return the numbers of the areas below that the REST interface gives for the page's own address."""
    situation: dict[str, Any] = await page.evaluate(script("snapshot"))
    return {
        child["code"]: {numbers["code"]: (numbers["state"], numbers["numerator"]) for numbers in child["indicators"]}
        for child in situation["children"]
    }


def in_table(page: Shown) -> Numbers:
    """Return the numbers in the table of a page."""
    return {
        area: {code: (cell[2], cell[3]) for code, cell in cells.items() if code != "reporting"}
        for area, cells in page["table"].items()
    }
