"""Fixtures of the browser tests: Chromium, pages on the shared platform, and a posyandu of their own."""

import os
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from playwright.async_api import Browser, async_playwright

from tests.browser.visits import Visits
from tests.support.chromium import FLAGS, Chromium, MissingBrowserError, provide
from tests.support.platform import Platform
from tests.support.posyandu import Posyandu

_lines: list[str] = []


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say which browser was used, or why none was."""
    for line in _lines:
        terminalreporter.write_line(f"browser: {line}")


@pytest.fixture(scope="session")
def chromium() -> Chromium:
    """Provide the installed Chromium; without one the tests are skipped, and fail in CI."""
    try:
        return provide()
    except MissingBrowserError as missing:
        _lines.append(str(missing))
        if os.environ.get("CI"):
            pytest.fail(str(missing))
        pytest.skip(str(missing))


@pytest_asyncio.fixture(scope="session")
async def browser(chromium: Chromium) -> AsyncIterator[Browser]:
    """One browser for all tests; each visit gets a profile of its own."""
    async with async_playwright() as playwright:
        running = await playwright.chromium.launch(executable_path=chromium.path, args=[*FLAGS])
        _lines.append(f"Chromium {running.version} ({chromium.path}, {chromium.origin})")
        yield running
        await running.close()


@pytest_asyncio.fixture(loop_scope="session")
async def visits(browser: Browser, platform: Platform) -> AsyncIterator[Visits]:
    """Open pages of the platform; afterwards each must have kept to its origin and to the content policy."""
    await platform.ready()
    made = Visits(browser, platform.address)
    yield made
    await made.close()
    made.were_clean()


@pytest_asyncio.fixture(scope="session")
async def posyandu(platform: Platform) -> Posyandu:
    """Provide a posyandu outside the demonstration and outside the flow tests' village, ready to weigh children."""
    return await Posyandu.opened(platform, "34.71.03.1001")
