"""Pages as a reader opens them: one profile each, everything they ask for and complain of written down."""

from dataclasses import dataclass, field
from typing import Literal
from urllib.parse import urlencode, urlsplit

from playwright.async_api import Browser, BrowserContext, ConsoleMessage, Page, Request

Scheme = Literal["light", "dark"]
Language = Literal["id", "en"]
PHONE, DESKTOP = 360, 1280
HEIGHTS = {PHONE: 640, DESKTOP: 800}
LIVE = '#connection[data-state="on"]'


@dataclass
class Visit:
    """One profile with one page, the addresses it asked for, and what it complained of."""

    context: BrowserContext
    page: Page
    failures_expected: bool = False
    """The test cuts the page off: failed requests in its console are no fault of the page."""
    asked: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    def listen(self) -> None:
        """Note requests, console errors and exceptions from now on."""
        self.context.on("request", self._request)
        self.page.on("console", self._console)
        self.page.on("pageerror", lambda error: self.complaints.append(f"exception: {error}"))

    def _request(self, request: Request) -> None:
        self.asked.append(request.url)

    def _console(self, message: ConsoleMessage) -> None:
        cut_off = self.failures_expected and message.text.startswith("Failed to load resource")
        if message.type in ("error", "warning") and not cut_off:
            self.complaints.append(f"{message.type}: {message.text}")


class Visits:
    """Opens pages below one address."""

    def __init__(self, browser: Browser, address: str) -> None:
        self._browser, self.address = browser, address
        self._made: list[Visit] = []

    async def profile(
        self,
        *,
        width: int = DESKTOP,
        scheme: Scheme = "light",
        scripts: bool = True,
        calm: bool = False,
        touch: bool = False,
        failures_expected: bool = False,
    ) -> Visit:
        """Make a new profile with an empty page."""
        context = await self._browser.new_context(
            viewport={"width": width, "height": HEIGHTS.get(width, 800)},
            color_scheme=scheme,
            java_script_enabled=scripts,
            has_touch=touch,
            reduced_motion="reduce" if calm else "no-preference",
        )
        context.set_default_timeout(90_000)
        visit = Visit(context, await context.new_page(), failures_expected)
        visit.listen()
        self._made.append(visit)
        return visit

    async def situation(self, area: str, visit: Visit | None = None, **query: str) -> Visit:
        """Open an area's page and wait until it is live."""
        visit = visit or await self.profile()
        await visit.page.goto(self.address_of(area, **query))
        await visit.page.wait_for_selector(LIVE)
        return visit

    def address_of(self, area: str, **query: str) -> str:
        """Return the address of an area's page, of the people registered unless said otherwise."""
        return f"{self.address}/monitoring/wilayah/{area}?" + urlencode({"penyebut": "riil", **query})

    async def close(self) -> None:
        """Close all profiles."""
        for visit in self._made:
            await visit.context.close()

    def were_clean(self) -> None:
        """Fail when a page asked another origin for something, or complained (content policy, error, exception)."""
        own = ("", urlsplit(self.address).netloc)
        elsewhere = [f"asked {url}" for visit in self._made for url in visit.asked if urlsplit(url).netloc not in own]
        complaints = [complaint for visit in self._made for complaint in visit.complaints]
        if elsewhere or complaints:
            raise AssertionError("\n".join([*elsewhere, *complaints]))
