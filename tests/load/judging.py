"""What judging costs: both engines on the same cases, by all packs and kind by kind; JavaScript as a share of Python.

Both are timed by the clock, in turns, each alone in its thread; Python without writing its answer as JSON.
"""

import json
import time
from collections.abc import Sequence
from statistics import median

from playwright.async_api import Browser, async_playwright

from ilp_screening.rules.contents import Packs
from ilp_screening.rules.engine import evaluate
from tests.browser.conformance import judging
from tests.browser.conformance.page import engine_page
from tests.load.figures import ROUNDS, Goal, Line, Spread
from tests.load.testbed import Testbed
from tests.support.chromium import FLAGS, provide

CASES = 1_000
_SHARE = 1.0
"""Most time of the JavaScript engine, as a share of the Python engine's."""


async def run(_: Testbed) -> list[Line]:
    """Measure both; returns the lines of the results."""
    packs = judging.packs()
    cases = [line for line in judging.committed() if '"output":{"problems":' not in line][:CASES]
    lines: list[Line] = []
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=provide().path, args=[*FLAGS])
        for kind in (None, *dict.fromkeys(pack.form.kind for pack in packs.all)):
            some = Packs(
                tuple(pack for pack in packs.all if kind in (None, pack.form.kind)), packs.catalog, packs.summary
            )
            lines += await _compared(browser, some, cases, kind or "all packs")
        await browser.close()
    return lines


async def _compared(browser: Browser, packs: Packs, cases: Sequence[str], name: str) -> list[Line]:
    python, script = [], []
    async with engine_page(browser, packs) as page:
        for _ in range(ROUNDS):
            python.append(_by_python(packs, cases))
            script.append(await page.pace(cases))
    shares = [one / other for one, other in zip(script, python, strict=True)]
    note = f"JavaScript {median(script):.0f} µs"
    return [
        Line(f"a case by Python, {name}", "µs", Spread.of(python), len(python), None, note),
        Line(f"JavaScript's time of Python's, {name}", "", Spread.of(shares), len(shares), Goal(_SHARE, at_most=True)),
    ]


def _by_python(packs: Packs, cases: Sequence[str]) -> float:
    """Return the microseconds of one case; its reading is not in them."""
    asked = [judging.asked(packs, json.loads(line)["input"]) for line in cases]
    began = time.perf_counter()
    for each in asked:
        evaluate(packs, *each)
    return 1e6 * (time.perf_counter() - began) / len(asked)
