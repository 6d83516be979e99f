"""The weight of a page on a cheap phone: 360 × 640, CPU six times slower, 400 kbit/s, 300 ms there and back.

Bytes, requests, elements and heap hold in every load; until a page is usable, in one of a few. The longest task and the
largest paint are printed only: slowed six times, they say more of what else the machine does than of the page.
"""

from dataclasses import dataclass
from typing import Any

import pytest
from playwright.async_api import CDPSession

from tests.browser.in_page import script
from tests.browser.kinds import KINDS
from tests.browser.visits import PHONE, Visit, Visits
from tests.support.shared_platform import DayDone

pytestmark = pytest.mark.backends
KBIT = 125.0
LINK = {"offline": False, "latency": 300, "downloadThroughput": 400 * KBIT, "uploadThroughput": 400 * KBIT}
SLOWER = 6
ATTEMPTS = 3
"""A machine busy with something else may be late once; a page that is too heavy is late each time."""
FIRST_KB, FIRST_S = 120, 5.0
AGAIN_KB, AGAIN_S = 45, 3.5
MOST_REQUESTS = 16
MOST_NODES = 1_500
MOST_HEAP_MB = 60


@dataclass
class Load:
    """One loading of a page: what came over the wire, and when (seconds) it was painted and usable."""

    bytes: int = 0
    requests: int = 0
    largest_s: float = 0.0
    usable_s: float = 0.0
    longest_task_s: float = 0.0
    nodes: int = 0
    heap_mb: float = 0.0

    def __str__(self) -> str:
        return (
            f"{self.bytes / 1000:.1f} kB in {self.requests} requests, LCP {self.largest_s:.2f} s,"
            f" usable {self.usable_s:.2f} s, longest task {1000 * self.longest_task_s:.0f} ms,"
            f" {self.nodes} elements, heap {self.heap_mb:.0f} MB"
        )


class Scale:
    """A phone whose network and processor are slowed, and which weighs what it loads."""

    def __init__(self, visit: Visit, devtools: CDPSession) -> None:
        self._visit, self._devtools, self._load = visit, devtools, Load()
        devtools.on("Network.loadingFinished", self._finished)

    @classmethod
    async def of(cls, visits: Visits) -> "Scale":
        """Make the phone, with an empty cache."""
        visit = await visits.profile(width=PHONE)
        devtools = await visit.context.new_cdp_session(visit.page)
        await devtools.send("Network.enable")
        await devtools.send("Network.emulateNetworkConditions", LINK)
        await devtools.send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})
        await visit.page.add_init_script(script("times"))
        return cls(visit, devtools)

    def _finished(self, event: dict[str, Any]) -> None:
        self._load.bytes += int(event["encodedDataLength"])
        self._load.requests += event["encodedDataLength"] > 0  # nothing came over the wire for what is cached

    async def load(self, address: str) -> Load:
        """Load a page and weigh it."""
        page = self._visit.page
        self._load = load = Load()
        await page.goto(address, wait_until="load")
        load.usable_s = await page.evaluate(script("usable")) / 1000
        seen = await page.evaluate("() => window.seen")
        load.largest_s, load.longest_task_s = seen["largest"] / 1000, seen["longest"] / 1000
        load.nodes = await page.evaluate("() => document.querySelectorAll('*').length")
        heap = await self._devtools.send("Runtime.getHeapUsage")
        load.heap_mb = heap["usedSize"] / 1e6
        return load


@pytest.mark.parametrize("area", ["13.76", "id"])
async def test_first_and_second_load_keep_to_the_budget(visits: Visits, whole_day: DayDone, area: str) -> None:
    for attempt in range(ATTEMPTS):
        scale = await Scale.of(visits)
        first = await scale.load(visits.address_of(area))
        again = await scale.load(visits.address_of(area, indikator="BP_ADULT"))
        print(f"\n{area} first: {first}\n{area} again: {again}")
        for load, most in ((first, FIRST_KB), (again, AGAIN_KB)):
            assert 0 < load.bytes <= 1000 * most
            assert load.requests <= MOST_REQUESTS
            assert load.nodes <= MOST_NODES
            assert load.heap_mb <= MOST_HEAP_MB
        if (first.usable_s <= FIRST_S and again.usable_s <= AGAIN_S) or attempt == ATTEMPTS - 1:
            break
    assert first.usable_s <= FIRST_S
    assert again.usable_s <= AGAIN_S


@pytest.mark.parametrize("kind", KINDS)
async def test_no_kind_of_page_has_too_many_elements(visits: Visits, whole_day: DayDone, kind: str) -> None:
    visit = await visits.profile(failures_expected=kind == "error")
    await visit.page.goto(visits.address_of(KINDS[kind]), wait_until="load")
    assert await visit.page.evaluate("() => document.querySelectorAll('*').length") <= MOST_NODES
