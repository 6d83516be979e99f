"""The JavaScript engine in a page of Chromium: the same bytes as the service sends, or with something patched."""

import json
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from itertools import islice
from typing import Any, Final

from playwright.async_api import Browser, Page, Route

from ilp_screening.bundle.service import ENGINE, RULES, TABLES, engine_source, rules_of, tables_of
from ilp_screening.rules.contents import Packs
from tests.browser.in_page import script

ROOT: Final = "http://localhost/bundle"
_BATCH: Final = 1_000
_TYPES: Final = {"js": "text/javascript", "json": "application/json", "bin": "application/octet-stream"}


@dataclass(frozen=True)
class Different:
    """A case of which the engine in the page says something else, and what it says."""

    line: str
    answer: Mapping[str, Any]

    def __str__(self) -> str:
        """Show the case, and both answers where they differ."""
        case, python = (json.loads(self.line)[name] for name in ("input", "output"))
        parts = [f"case {json.dumps(case, ensure_ascii=False)}"]
        for name in sorted({*python, *self.answer}):
            one, other = python.get(name), self.answer.get(name)
            if one != other:
                parts.append(f"{name}\n  Python     {one}\n  JavaScript {other}")
        return "\n".join(parts)


@dataclass(frozen=True)
class EnginePage:
    """A page with the engine and a bundle of some packs."""

    page: Page

    async def differing(self, lines: Iterable[str], most: int = 100) -> list[Different]:
        """Return the cases that come out otherwise than their lines say, at most so many; the shortest first."""
        differences: list[Different] = []
        for batch in batches(lines, _BATCH):
            said = await self.page.evaluate(script("conform"), {"lines": batch, "root": ROOT, "most": most})
            differences += [Different(each["line"], each["answer"]) for each in said]
            if len(differences) >= most:
                break
        return sorted(differences, key=lambda each: len(each.line))

    async def pace(self, lines: Sequence[str]) -> float:
        """Return the microseconds that the engine takes for one case, on average."""
        return float(await self.page.evaluate(script("pace"), {"lines": list(lines), "root": ROOT}))

    async def scores(
        self, table: str, positions: Sequence[float], measures: Sequence[float], *, restricted: bool
    ) -> Mapping[str, Any]:
        """Return the z-scores of measures at positions of a table, and the table as it was read."""
        asked = {"table": table, "positions": positions, "measures": measures, "restricted": restricted, "root": ROOT}
        answers: Mapping[str, Any] = await self.page.evaluate(script("scores"), asked)
        return answers


def batches(lines: Iterable[str], size: int) -> Iterator[list[str]]:
    """Yield lines in lists of a size, the last one shorter."""
    rest = iter(lines)
    while batch := list(islice(rest, size)):
        yield batch


@asynccontextmanager
async def engine_page(
    browser: Browser, packs: Packs, patch: tuple[str, str] | None = None
) -> AsyncIterator[EnginePage]:
    """Yield a page with the engine, or with one that has another text in one place."""
    source = engine_source().decode()
    if patch is not None:
        assert source.count(patch[0]) == 1, f"{patch[0]!r} is not once in the engine"
        source = source.replace(*patch)
    contents = {ENGINE: source.encode(), RULES: rules_of(packs), TABLES: tables_of(packs)}

    async def send(route: Route) -> None:
        name = route.request.url.rpartition("/")[2]
        kind = _TYPES.get(name.rpartition(".")[2], "text/html")
        await route.fulfill(body=contents.get(name, b"<!doctype html>"), content_type=kind)

    context = await browser.new_context()
    await context.route("**/*", send)
    page = await context.new_page()
    await page.goto(f"{ROOT}/")
    yield EnginePage(page)
    await context.close()
