"""The weight of a page on a cheap phone: bytes, requests, elements and heap, which hold in every load.

How long it takes until a page is usable is printed here, and measured by `make bench` (`tests/load/phone.py`). Slowed
six times, it says as much of what else the machine does as of the page.
"""

import pytest

from tests.browser.kinds import KINDS
from tests.browser.phone import Phone
from tests.browser.visits import Visits
from tests.support.shared_platform import DayDone

pytestmark = pytest.mark.backends
FIRST_KB, AGAIN_KB = 120, 45
MOST_REQUESTS = 16
MOST_NODES = 1_500
MOST_HEAP_MB = 60


@pytest.mark.parametrize("area", ["13.76", "id"])
async def test_first_and_second_load_keep_to_the_budget(visits: Visits, large_day: DayDone, area: str) -> None:
    phone = await Phone.of(visits)
    first = await phone.load(visits.address_of(area))
    again = await phone.load(visits.address_of(area, indikator="BP_ADULT"))
    print(f"\n{area} first: {first}\n{area} again: {again}")
    for load, most in ((first, FIRST_KB), (again, AGAIN_KB)):
        assert 0 < load.bytes <= 1000 * most
        assert load.requests <= MOST_REQUESTS
        assert load.nodes <= MOST_NODES
        assert load.heap_mb <= MOST_HEAP_MB


@pytest.mark.parametrize("kind", KINDS)
async def test_no_kind_of_page_has_too_many_elements(visits: Visits, large_day: DayDone, kind: str) -> None:
    visit = await visits.profile(failures_expected=kind == "error")
    await visit.page.goto(visits.address_of(KINDS[kind]), wait_until="load")
    assert await visit.page.evaluate("() => document.querySelectorAll('*').length") <= MOST_NODES
