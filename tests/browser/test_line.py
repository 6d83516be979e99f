"""The live page behind a bad line: far away, cut, half-open, silent for ever. It comes back and has lost nothing.

The campaign does the same to a client of the stream (`tests/faults/screen_faults.py`); here it is the page itself.
"""

import random
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import urlsplit

import pytest
import pytest_asyncio
from playwright.async_api import Browser

from tests.browser.following import newest, shows_later, shows_what_the_server_knows, state
from tests.browser.visits import LIVE, Visit, Visits
from tests.faults.proxy import FaultProxy
from tests.support.platform import Platform
from tests.support.posyandu import Posyandu
from tests.support.signing_in import Browser as Reader
from tests.support.waiting import eventually

CUTS = 3
PAST_SILENCE_MS = 46_000
"""A little more than the page waits for a sign of life (three heartbeats, `static/stream.js`)."""
pytestmark = pytest.mark.backends


@pytest_asyncio.fixture(loop_scope="session")
async def line(platform: Platform) -> AsyncIterator[FaultProxy]:
    """Provide the line between the browser and the front door."""
    door = urlsplit(platform.address)
    proxy = FaultProxy((door.hostname or "127.0.0.1", door.port or 80), random.Random(1))
    await proxy.start()
    yield proxy
    await proxy.stop()


async def signed_in(platform: Platform, area: str, address: str) -> list[Any]:
    """Return the cookies of a visitor for another address: the sign-in leads to the platform's own, past the line."""
    async with Reader(platform.address) as reader:
        await reader.open(f"/monitoring/wilayah/{area}")
        return [{"name": each.name, "value": each.value or "", "url": address} for each in reader.http.cookies.jar]


@pytest_asyncio.fixture(loop_scope="session")
async def visit(browser: Browser, platform: Platform, line: FaultProxy, posyandu: Posyandu) -> AsyncIterator[Visit]:
    """Provide the live page of the posyandu's regency behind that line; the page's clock can be moved on."""
    await platform.ready()
    visits = Visits(browser, f"http://{line.address}")
    try:
        visit = await visits.profile(failures_expected=True)
        await visit.context.add_cookies(await signed_in(platform, posyandu.regency, f"http://{line.address}"))
        await visit.page.clock.install()
        yield await visits.situation(posyandu.regency, visit, periode=posyandu.month)
    finally:
        await visits.close()
    visits.were_clean()


async def test_far_away_the_numbers_come_byte_by_byte(visit: Visit, line: FaultProxy, posyandu: Posyandu) -> None:
    child = await posyandu.child()
    line.slow(0.15, jitter_s=0.1)
    line.trickle(rate=20_000)
    await posyandu.weigh(child)
    await visit.page.wait_for_selector(newest(posyandu))
    assert line.tally["delayed"]
    assert line.tally["trickled"]
    line.heal()
    await shows_what_the_server_knows(visit.page, posyandu)


async def test_cut_again_and_again_the_page_resumes(visit: Visit, line: FaultProxy, posyandu: Posyandu) -> None:
    for child in [await posyandu.child() for _ in range(CUTS)]:
        assert line.connections
        line.cut()
        await posyandu.weigh(child)
        await visit.page.wait_for_selector(newest(posyandu))
    paths = [urlsplit(url).path for url in visit.asked]
    assert sum(path.endswith("/stream") for path in paths) > CUTS
    assert not any(path.endswith(f"/situations/{posyandu.regency}") for path in paths), "it loaded everything again"
    await shows_what_the_server_knows(visit.page, posyandu)


async def test_a_line_that_holds_everything_is_said_and_left(
    visit: Visit, line: FaultProxy, posyandu: Posyandu
) -> None:
    child = await posyandu.child()
    line.hold()
    await posyandu.weigh(child)

    async def lost() -> bool:
        await visit.page.clock.fast_forward(PAST_SILENCE_MS)
        return await state(visit.page) == "lost"

    await eventually(lost, every_s=0.5)
    assert "Koneksi putus" in await visit.page.inner_text("#connection")
    line.heal()
    await visit.page.wait_for_selector(LIVE)
    await shows_what_the_server_knows(visit.page, posyandu)


async def test_a_connection_silent_for_ever_is_left_for_a_new_one(
    visit: Visit, line: FaultProxy, posyandu: Posyandu
) -> None:
    child = await posyandu.child()
    line.strand()
    await posyandu.weigh(child)

    # The browser first tries every connection it kept, each as silent as the last.
    await eventually(lambda: shows_later(visit.page, newest(posyandu), PAST_SILENCE_MS), within_s=120, every_s=1)
    assert line.tally["silenced"]
    line.heal()
    await shows_what_the_server_knows(visit.page, posyandu)
