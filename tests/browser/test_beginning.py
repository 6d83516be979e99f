"""A nation that begins: who takes part is counted alike by server and script; paper cuts no list without saying so."""

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page

from ilp_monitoring.projections.engine import SituationProjection
from ilp_monitoring.service import SERVICE
from ilp_shared.bus.contract.envelope import NewEvent
from tests.browser.pdf import printed
from tests.browser.reading import rendered, shown
from tests.browser.visits import LIVE, Visits
from tests.service.monitoring.events import CHILD, MONTH, TALL, WEIGHED, World
from tests.support.api import Issuer, listening, open_api
from tests.support.databases import Databases
from tests.support.feeding import Feed
from tests.support.waiting import eventually

pytestmark = pytest.mark.backends
TAKING_PART = [f"13.{number:02d}" for number in range(1, 52)]
"""One more than a page names."""
SILENT = [f"14.{number:02d}" for number in range(1, 61)]
CLINIC = "11.01"
CROWDED = f"{TAKING_PART[0]}.01.1001"
"""A village of which two posyandu more are awaited than a page names."""


@dataclass
class Nation:
    """A running API of such a nation, and the events that reach it."""

    address: str
    feed: Feed
    world: World
    headers: dict[str, str]


def village_of(regency: str) -> str:
    """Return its only village."""
    return f"{regency}.01.1001"


def visit(world: World, name: str, regency: str) -> NewEvent:
    """Weigh a child of a regency at its posyandu."""
    village = village_of(regency)
    return world.screening(
        name, name, CHILD, TALL, observed=WEIGHED, village=village, posyandu=f"posyandu {regency}",
        facility_area=village,
    )  # fmt: skip


def at_clinic(world: World, name: str) -> NewEvent:
    """Weigh a child at the puskesmas of a regency without any report of a posyandu."""
    village = village_of(CLINIC)
    return world.screening(
        name, name, CHILD, TALL, observed=WEIGHED, village=village, posyandu="klinik", facility_area=village[:8],
        facility_kind="puskesmas",
    )  # fmt: skip


def posyandu_with_a_day(world: World, regency: str) -> list[NewEvent]:
    """Register a posyandu of a regency and its open day."""
    name, village = f"posyandu {regency}", village_of(regency)
    return [world.posyandu(name, village), world.open_day(f"day {regency}", name, village=village)]


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def nation(databases: Databases, issuer: Issuer) -> AsyncIterator[Nation]:
    """Serve it: fewer than half of the regencies take part, and one has screened at its puskesmas alone."""
    world = World()
    async with open_api(SERVICE, await databases.create(SERVICE), issuer) as api:
        feed = Feed(api.database.pool, SituationProjection())
        await feed.apply(*(world.tree(code, village_of(code)) for code in [*TAKING_PART, *SILENT, CLINIC]))
        await feed.apply(*(event for code in TAKING_PART for event in posyandu_with_a_day(world, code)))
        await feed.apply(*(visit(world, f"child {code}", code) for code in TAKING_PART), at_clinic(world, "first"))
        await feed.apply(*(world.posyandu(f"awaited {number}", CROWDED) for number in range(14)))
        async with listening(api.app) as address:
            yield Nation(address, feed, world, issuer.headers("dinas"))


@pytest_asyncio.fixture(loop_scope="session")
async def page(browser: Browser, nation: Nation) -> AsyncIterator[Page]:
    """Provide an empty page of a reader of the nation."""
    visits = Visits(browser, nation.address)
    visit = await visits.profile()
    await visit.context.set_extra_http_headers(nation.headers)
    yield visit.page
    await visits.close()
    visits.were_clean()


async def opened(page: Page, nation: Nation, area: str) -> None:
    """Open a page and wait until it is live."""
    await page.goto(f"{nation.address}/wilayah/{area}?periode={MONTH}")
    await page.wait_for_selector(LIVE)


@pytest.mark.parametrize(("area", "more"), [("id", 1), (CROWDED, 2)])
async def test_paper_says_how_many_a_list_leaves_out_and_nothing_of_updates(
    page: Page, nation: Nation, area: str, more: int
) -> None:
    await opened(page, nation, area)
    assert "saat halaman dibuka" in await page.inner_text("main")
    sheets = printed(await page.pdf(format="A4", prefer_css_page_size=True)).pages
    text = re.sub(r"\s", "", "".join(sheets))
    assert f"dan{more}lainnya" in text
    assert "saathalamandibuka" not in text


async def test_live_as_rendered_an_area_takes_part_once_a_posyandu_of_it_reported(page: Page, nation: Nation) -> None:
    """A puskesmas alone changes its number in the table; map, legend and sentence count it as before."""
    await opened(page, nation, "id")
    drawn = ("outlines", "legend", "sentence")
    world, first = nation.world, await shown(page)
    assert (first["legend"]["n"], first["outlines"]["11"][0]) == (["2", False], "n")
    await nation.feed.apply(at_clinic(world, "second"))
    await page.wait_for_selector('[data-row="11"] [data-cell="D_S"][data-n="2"]')
    now = await shown(page)
    assert (now["legend"], now["sentence"]) == (first["legend"], first["sentence"])
    assert now["outlines"]["11"][0] == "n"
    await nation.feed.apply(*posyandu_with_a_day(world, CLINIC))
    await nation.feed.apply(visit(world, "third", CLINIC))
    await page.wait_for_selector('[data-row="11"] [data-cell="D_S"][data-n="3"]')

    async def same() -> bool:
        now, again = await shown(page), await rendered(page)
        return [now[name] for name in drawn] == [again[name] for name in drawn]

    await eventually(same)
    now = await shown(page)
    assert now["legend"]["n"] == ["1", False]
    assert now["outlines"]["11"][0] != "n"
