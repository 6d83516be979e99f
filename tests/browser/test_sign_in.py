"""Signing in and out by hand, on a phone and on a desk: no click for a visitor, two for another account."""

import pytest

from tests.browser.visits import DESKTOP, LIVE, PHONE, Visits

pytestmark = pytest.mark.backends
WIDER = "document.documentElement.scrollWidth > window.innerWidth"


@pytest.mark.parametrize("width", [PHONE, DESKTOP])
async def test_a_visitor_leaves_and_comes_back_as_another_account(visits: Visits, width: int) -> None:
    visit = await visits.situation("13.76", await visits.profile(width=width, failures_expected=True))
    page = visit.page
    assert not await page.evaluate(WIDER)
    await page.click(".sign-out button")
    await page.wait_for_url("**/monitoring/keluar")
    assert "Anda sudah keluar" in await page.inner_text("h1")
    await page.click(".actions a")
    await page.wait_for_selector("text=Pilih akun contoh")
    assert not await page.evaluate(WIDER)
    await page.click("button[value='dev-dinas-13.76']")
    await page.wait_for_url("**/wilayah/13.76")
    await page.wait_for_selector(LIVE)
    await page.goto(visits.address_of("14.72"))
    assert "di luar wilayah akun ini" in await page.inner_text("main")
