"""When a change is painted on pages that are open: on that of the regency, in its table, and on that of the village."""

from dataclasses import dataclass
from typing import Self

from playwright.async_api import Page

from tests.browser.in_page import script
from tests.browser.visits import Visit, Visits
from tests.support.posyandu import Posyandu
from tests.support.waiting import eventually


@dataclass(frozen=True)
class OpenPages:
    """Two live pages that show the children of a posyandu, and note what is painted in its cell."""

    posyandu: Posyandu
    regency: Visit
    village: Visit

    @classmethod
    async def opened(cls, visits: Visits, posyandu: Posyandu) -> Self:
        """Open both, live, before anything changes."""
        regency = await visits.situation(posyandu.regency, periode=posyandu.month)
        village = await visits.situation(posyandu.village, periode=posyandu.month)
        await posyandu.platform.settled()
        row = f'[data-row="{posyandu.district}"]'
        await regency.page.evaluate(script("watch"), f'{row} [data-cell="D_S"]')
        await village.page.evaluate(script("watch"), '[data-card="D_S"] [data-part="ratio"]')
        return cls(posyandu, regency, village)

    async def painted(self) -> tuple[float, float]:
        """Return when both had painted the number of children weighed so far (Unix time)."""
        weighed = self.posyandu.weighed
        return (
            await _painted(self.regency.page, f"{weighed}/"),
            await _painted(self.village.page, f"{weighed} dari "),
        )


async def _painted(page: Page, text: str) -> float:
    """Return when the watched element was first painted with a text."""

    async def first() -> float:
        seen: list[tuple[float, str]] = await page.evaluate("() => window.painted")
        return next((at for at, said in seen if text in said), 0.0)

    return await eventually(first, every_s=0.02)
