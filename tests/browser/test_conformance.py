"""Two engines, one judgement: what the server says of a case, a phone without a connection says too."""

import csv
import gzip
import json
import os
import random
from collections.abc import AsyncIterator, Iterator, Sequence
from importlib.resources import files
from itertools import groupby

import pytest
import pytest_asyncio
from playwright.async_api import Browser

from ilp_screening.bundle.service import engine_source
from ilp_screening.rules.contents import Packs
from ilp_screening.rules.lms.zscores import LmsTable, TableKey, z_score
from ilp_screening.rules.quantities import half_up
from tests.browser.conformance import judging
from tests.browser.conformance.drawing import measure_at
from tests.browser.conformance.page import Different, EnginePage, engine_page
from tests.faults import change
from tests.faults.choice import seed_of

DRAWN = 20_000
REFUSED = 0.2
ENGINE_BYTES = 12_000
"""Of the engine, compressed."""
SAMPLE = 300
"""Rows of all tables of which a run takes z-scores; a thorough run takes all."""
GRID = [step / 4 for step in range(-28, 29)]
MUTANTS = {
    "a limit that is not reached is reached": ("x < lt", "x <= lt"),
    "a limit that is reached is not": ("x >= ge", "x > ge"),
    "halves are rounded down": ("ten(n) + 0.5)", "ten(n) + 0.4999999)"),
    "ties are written upwards": ("(x * 2 ** (n + 1)) % 2 === 1", "false"),
    "unanswered is no": ("if (x === undefined) return null;", "if (x === undefined) return false;"),
    "null is a week of pregnancy": ("return known != null && ", "return "),
    "a year is over before its last day": ("- (on.slice(5) < x.slice(5))", ""),
    "worst_of forgets what is missing": ("if (!missing.length) {", "if (fields.inputs.length) {"),
    "the best grade decides": ("Math.max(0, ...present.map(gradeOf))", "Math.min(9, ...present.map(gradeOf))"),
    "open items count nothing": ("points.push(0)", "points.splice(0, 9, 0)"),
    "a critical answer that is open is none": ("!held.length && severer.length", "false"),
    "no_implies_no overrules": ("values[code] ??= false", "values[code] = false"),
    "the oldest measurement is compared": ("a.ago - b.ago", "b.ago - a.ago"),
    "a short month runs over": ("Math.min(from.getUTCDate(), last)", "from.getUTCDate()"),
    "a dose counts from the first": ("Math.max(...done)", "Math.min(...done)"),
    "rows are not interpolated": ("return part ? ", "return false ? "),
    "no restricted z": ("if (!restricted ||", "if (true ||"),
    "a pair is odd though one value explains it": ("isAlone ? [] : each.codes", "[]"),
    "nothing is unread": ("!readsOf(answers).includes(code)", "false"),
}
"""Texts of the engine, and what a wrong engine has instead."""


@pytest.fixture(scope="module")
def packs() -> Packs:
    return judging.packs()


@pytest.fixture(scope="module")
def committed() -> list[str]:
    return judging.committed()


@pytest.fixture(scope="module")
def seed() -> int:
    """Return the seed of this commit, or the one that SEED asks for."""
    return seed_of(change.head(), os.environ)


@pytest_asyncio.fixture(scope="module")
async def engine(browser: Browser, packs: Packs) -> AsyncIterator[EnginePage]:
    async with engine_page(browser, packs) as page:
        yield page


def shown(different: Sequence[Different], seed: int | None = None) -> str:
    """Return the smallest case that comes out otherwise, and how to draw it again."""
    again = "committed" if seed is None else f"SEED={seed} draws them again"
    return "".join(f"{len(different)} cases differ ({again}); the smallest:\n{each}" for each in different[:1])


def missing_of(packs: Packs, lines: list[str]) -> dict[str, set[str]]:
    """Return what must occur in answers and does not."""
    values = judging.occurring(lines)
    return {name: codes - values[name] for name, codes in judging.expected(packs).items() if codes - values[name]}


def refused(lines: list[str]) -> float:
    """Return the share of refusals."""
    return sum('"output":{"problems":' in line for line in lines) / len(lines)


def test_the_committed_cases_come_out_as_they_did(packs: Packs, committed: list[str]) -> None:
    assert len(committed) == 2_000
    changed = [line for line in committed if judging.line(packs, json.loads(line)["input"]) != line]
    assert changed[:1] == []


def test_the_committed_cases_show_everything(packs: Packs, committed: list[str]) -> None:
    assert missing_of(packs, committed) == {}
    assert refused(committed) >= REFUSED


async def test_both_engines_say_the_same_of_the_committed_cases(engine: EnginePage, committed: list[str]) -> None:
    different = await engine.differing(committed)
    assert not different, shown(different)


async def test_both_engines_say_the_same_of_cases_drawn_for_this_commit(
    engine: EnginePage, packs: Packs, seed: int
) -> None:
    lines = list(judging.drawn(packs, seed, DRAWN))
    different = await engine.differing(lines)
    assert not different, shown(different, seed)
    assert missing_of(packs, lines) == {}
    assert refused(lines) >= REFUSED


@pytest.mark.parametrize("mutant", MUTANTS)
async def test_a_wrong_engine_is_noticed(browser: Browser, packs: Packs, committed: list[str], mutant: str) -> None:
    async with engine_page(browser, packs, MUTANTS[mutant]) as page:
        assert await page.differing(committed, most=1)


async def test_every_printed_decimal_comes_back(engine: EnginePage, packs: Packs) -> None:
    for (standard, name, sex), printed in printed_rows():
        read = await engine.scores(f"{standard}/{name}/{sex}", [], [], restricted=True)
        assert read["start"] == printed[0][0]
        assert list(zip(*read["columns"], strict=True)) == [row[1:] for row in printed], (standard, name, sex)


async def test_z_scores_are_the_same(engine: EnginePage, packs: Packs, seed: int, thorough: bool) -> None:
    dice = random.Random(seed)
    tables = {key: table for pack in packs.all for key, table in pack.material.tables.items()}
    for key, table in tables.items():
        span = range(table.start, table.stop + 1)
        rows = list(span) if thorough else dice.sample(span, k=min(len(span), SAMPLE // len(tables) + 1))
        positions, measures = measured(table, [row + part for row in rows for part in (0, dice.choice([0, 0.25, 0.9]))])
        for restricted in (True, False):
            said = (await engine.scores("/".join(key), positions, measures, restricted=restricted))["scores"]
            assert said == scores(table, positions, measures, restricted=restricted), (key, seed)


def measured(table: LmsTable, places: Sequence[float]) -> tuple[list[float], list[float]]:
    """Return positions and measures: at each place of a table the measures of a grid of z-scores, to 2 decimals."""
    positions, measures = [], []
    for place in places:
        lms = table.at(place)
        for z in GRID if lms is not None else ():
            assert lms is not None
            positions.append(place)
            measures.append(max(round(measure_at(z, lms), 2), 0.1))
    return positions, measures


def scores(table: LmsTable, positions: Sequence[float], measures: Sequence[float], *, restricted: bool) -> list[float]:
    """Return the z-scores by the Python engine."""
    values = []
    for position, measure in zip(positions, measures, strict=True):
        lms = table.at(position)
        assert lms is not None
        values.append(half_up(z_score(measure, lms, restricted=restricted), 2))
    return values


def printed_rows() -> Iterator[tuple[TableKey, list[tuple[float, ...]]]]:
    """Yield each WHO table as it is printed, read without the loader: first index and L, M, S of each row."""
    path = files("ilp_screening.packs") / "growth" / "who_growth_lms.csv.gz"
    rows = csv.DictReader(gzip.decompress(path.read_bytes()).decode().splitlines())
    steps, sexes = {"day": 1, "month": 1, "cm": 10}, {"M": "male", "F": "female"}
    for key, group in groupby(rows, lambda row: (row["standard"], row["indicator"], sexes[row["sex"]])):
        yield (
            key,
            [(round(float(row["x"]) * steps[row["x_unit"]]), *(float(row[name]) for name in "LMS")) for row in group],
        )


def test_the_engine_is_small() -> None:
    assert len(gzip.compress(engine_source(), 9)) <= ENGINE_BYTES
