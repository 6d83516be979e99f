"""A cheap phone: 360 × 640, CPU six times slower, 400 kbit/s, 300 ms there and back; it weighs what it loads."""

from dataclasses import dataclass
from typing import Any

from playwright.async_api import CDPSession

from tests.browser.in_page import script
from tests.browser.visits import PHONE, Visit, Visits

KBIT = 125.0
LINK = {"offline": False, "latency": 300, "downloadThroughput": 400 * KBIT, "uploadThroughput": 400 * KBIT}
SLOWER = 6


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


class Phone:
    """A phone whose network and processor are slowed, and which weighs what it loads."""

    def __init__(self, visit: Visit, devtools: CDPSession) -> None:
        self._visit, self._devtools, self._load = visit, devtools, Load()
        devtools.on("Network.loadingFinished", self._finished)

    @classmethod
    async def of(cls, visits: Visits) -> "Phone":
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
