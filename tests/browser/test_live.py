"""The live page: a change is seen without a reload; cut off, the page comes back and has lost nothing."""

import hashlib
from urllib.parse import urlsplit

import pytest
from playwright.async_api import Page, Route

from tests.browser.following import newest, shows_later, shows_what_the_server_knows, state
from tests.browser.in_page import script
from tests.browser.painting import OpenPages
from tests.browser.reading import rendered, shown
from tests.browser.visits import LIVE, Visits
from tests.support.platform import Platform
from tests.support.posyandu import Posyandu
from tests.support.waiting import eventually

CHANGES = 7
_CAME_IN = """(entries) => entries
    .map((entry) => [...entry.querySelectorAll("[data-part]")].map((part) => part.textContent))
    .filter(([unit]) => unit.startsWith("Posyandu Layar"))
    .reduce((sum, [unit, what, amount]) => sum + Number(amount), 0)"""
"""What came in from the posyandu, over all minutes that the list holds."""
SESSION_S = 20
SNAPSHOT = "**/v1/situations/*?*"
STREAM = "**/v1/situations/*/stream?*"
PAST_LOAD_MS = 61_000
"""A little more than the page waits for a snapshot (`static/stream.js`)."""
API = "monitoring-api"
pytestmark = pytest.mark.backends


async def cut_off(platform: Platform, page: Page) -> None:
    """Kill monitoring's API, again whenever it serves, until the page says that the connection is lost."""

    async def lost() -> bool:
        if (await platform.client.get("/monitoring/health/ready")).is_success:
            await platform.kill(API)
        return await state(page) == "lost"

    await eventually(lost, within_s=90)


async def test_changes_are_seen_on_open_pages_which_load_nothing_again(visits: Visits, posyandu: Posyandu) -> None:
    """Weigh children while pages are open. `make bench` measures how soon it is painted (tests/load/painting.py)."""
    pages = await OpenPages.opened(visits, posyandu)
    before = await pages.regency.page.eval_on_selector_all("#fresh-list li", _CAME_IN)
    asked = [list(visit.asked) for visit in (pages.regency, pages.village)]
    for child in [await posyandu.child() for _ in range(CHANGES)]:
        await posyandu.weigh(child)
        await pages.painted()
    assert [visit.asked for visit in (pages.regency, pages.village)] == asked
    for visit in (pages.regency, pages.village):
        assert await visit.page.eval_on_selector_all("#fresh-list li", _CAME_IN) == before + CHANGES
    assert "penimbangan" in await pages.regency.page.inner_text("#fresh-list li:first-child")
    await shows_what_the_server_knows(pages.regency.page, posyandu)


async def test_the_nation_s_strip_follows_the_regencies_that_it_names(visits: Visits, posyandu: Posyandu) -> None:
    late, weighed = await posyandu.child(), await posyandu.child()
    await posyandu.weigh(weighed)
    await posyandu.open()
    await posyandu.platform.settled()
    page = (await visits.situation("id", periode=posyandu.month)).page
    before = (await shown(page))["participants"][posyandu.regency]
    await posyandu.weigh(late)

    async def follows() -> bool:
        strip = (await shown(page))["participants"]
        moved = bool(strip[posyandu.regency] != before)
        return moved and bool(strip == (await rendered(page))["participants"])

    await eventually(follows)


async def test_after_a_restart_of_the_server_no_change_is_missing(
    visits: Visits, platform: Platform, posyandu: Posyandu
) -> None:
    visit = await visits.profile(failures_expected=True)
    await visits.situation(posyandu.regency, visit, periode=posyandu.month)
    children = [await posyandu.child() for _ in range(3)]
    await cut_off(platform, visit.page)
    said = await visit.page.inner_text("#connection")
    assert "Koneksi putus" in said
    for child in children:
        await posyandu.weigh(child)
    await visit.page.wait_for_selector(LIVE)
    await shows_what_the_server_knows(visit.page, posyandu)
    await posyandu.weigh(await posyandu.child())
    await shows_what_the_server_knows(visit.page, posyandu)
    await platform.ready()


@pytest.mark.parametrize("answered", [True, False], ids=["refused", "never answered"])
async def test_after_too_long_an_absence_the_page_loads_everything_again(
    visits: Visits, platform: Platform, posyandu: Posyandu, answered: bool
) -> None:
    visit = await visits.profile(failures_expected=True)
    await visit.page.clock.install()
    await visits.situation(posyandu.regency, visit, periode=posyandu.month)
    stopped: list[Route] = []

    async def stop(route: Route) -> None:
        stopped.append(route)
        if answered:
            await route.abort()

    await visit.page.route(SNAPSHOT, stop)
    child = await posyandu.child()
    await platform.kill(API)
    await posyandu.weigh(child)
    await platform.settled()
    await platform.rows("monitoring", "DELETE FROM projection_batch")

    async def given_up() -> bool:
        if stopped and not answered:
            await visit.page.clock.fast_forward(PAST_LOAD_MS)
        return len(stopped) > 1 and await state(visit.page) == "lost"

    await eventually(given_up, within_s=60, every_s=0.5)
    await visit.page.unroute(SNAPSHOT, stop)
    await eventually(lambda: shows_later(visit.page, newest(posyandu), PAST_LOAD_MS), within_s=60, every_s=1)
    await shows_what_the_server_knows(visit.page, posyandu)
    await posyandu.weigh(await posyandu.child())
    await shows_what_the_server_knows(visit.page, posyandu)


async def test_the_nation_s_strip_follows_also_after_everything_was_loaded_again(
    visits: Visits, platform: Platform, posyandu: Posyandu
) -> None:
    """What a regency changed while the page was away is not announced again: it must come with what is loaded."""
    await posyandu.open()
    await posyandu.weigh(await posyandu.child())
    await platform.settled()
    child = await posyandu.child()
    visit = await visits.profile(failures_expected=True)
    page = (await visits.situation("id", visit, periode=posyandu.month)).page
    before = (await shown(page))["participants"][posyandu.regency]
    await cut_off(platform, page)
    await posyandu.weigh(child)
    await platform.settled()
    await platform.rows("monitoring", "DELETE FROM projection_batch")
    await page.wait_for_selector(LIVE)

    async def follows() -> bool:
        return bool((await shown(page))["participants"] == (await rendered(page))["participants"])

    await eventually(follows)
    assert (await shown(page))["participants"][posyandu.regency] != before
    assert any(urlsplit(url).path.endswith("/situations/id") for url in visit.asked), "it did not load everything again"
    await platform.ready()


async def test_where_no_stream_comes_through_the_strip_follows_what_is_loaded(
    visits: Visits, platform: Platform, posyandu: Posyandu
) -> None:
    """As behind a proxy that lets no event stream through: the page loads the snapshot with each further attempt."""
    await posyandu.open()
    await posyandu.weigh(await posyandu.child())
    await platform.settled()
    child = await posyandu.child()
    page = (await visits.profile(failures_expected=True)).page
    await page.add_init_script(script=script("states"))
    await page.route(STREAM, _refuse)
    await page.goto(visits.address_of("id", periode=posyandu.month))
    await page.wait_for_selector('#connection[data-state="polling"]')
    assert "Terhubung tanpa siaran" in await page.inner_text("#connection")
    before = (await shown(page))["participants"][posyandu.regency]
    await posyandu.weigh(child)
    await platform.settled()

    async def follows() -> bool:
        strip = (await shown(page))["participants"]
        moved = bool(strip[posyandu.regency] != before)
        return moved and bool(strip == (await rendered(page))["participants"])

    await eventually(follows, within_s=120, every_s=0.5)
    states = await page.evaluate("states")
    assert "lost" not in states[states.index("polling") :], "it said that it is cut off from what it loads"
    await page.unroute(STREAM, _refuse)
    await page.wait_for_selector(LIVE)


async def _refuse(route: Route) -> None:
    await route.abort()


async def test_a_session_that_is_over_is_said(visits: Visits, platform: Platform) -> None:
    visit = await visits.profile(failures_expected=True)
    await visits.situation("13", visit)
    secret = next(each["value"] for each in await visit.context.cookies() if each["name"] == "ilp_session")
    session = hashlib.sha256(secret.encode()).hexdigest()
    soon = f"SET ends_at = clock_timestamp() + {SESSION_S} * interval '1 second'"
    await platform.script("monitoring", rf"UPDATE page_session {soon} WHERE id = '\x{session}'")
    await visit.page.reload()
    await visit.context.clear_cookies()
    await visit.page.wait_for_selector('#connection[data-state="signed_out"]')
    assert "muat ulang halaman" in await visit.page.inner_text("#connection")
    await visits.situation("13", visit)
