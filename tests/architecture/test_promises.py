"""The table of promises names tests that exist and that `make test` runs; the table of budgets is that of the tiers."""

import ast
import re

import pytest

from tests.architecture.sources import ROOT
from tests.runner import tiers

README = (ROOT / "tests" / "README.md").read_text(encoding="utf-8")
PROMISES = range(1, 13)
_ROW = re.compile(r"^\| (\d+) [^|]+\| [^|]+\| (.+) \|$", re.MULTILINE)
_TEST = re.compile(r"`(tests/[a-z_/]+\.py)(?:::(\w+))?`")
_BUDGET = re.compile(r"^\| (\w+) \| ([^|]+) \| (\d+)(?: \+ (\d+) for each test)? \|$", re.MULTILINE)
ROWS = {int(number): _TEST.findall(tests) for number, tests in _ROW.findall(README)}


def exists(path: str, name: str) -> bool:
    """Tell whether a file of tests exists, and in it a test of `make test` of this name (any, when none is given)."""
    if not (ROOT / path).is_file():
        return False
    body = ast.parse((ROOT / path).read_text(encoding="utf-8")).body
    functions = [item for item in body if isinstance(item, ast.FunctionDef | ast.AsyncFunctionDef)]
    names = {each.name for each in functions if not any("thorough" in ast.unparse(one) for one in each.decorator_list)}
    return name in names if name else any(one.startswith("test_") for one in names)


def test_every_promise_is_there_once() -> None:
    assert sorted(ROWS) == list(PROMISES)
    assert len(_ROW.findall(README)) == len(ROWS)


@pytest.mark.parametrize("number", PROMISES)
def test_a_promise_is_shown_by_tests_that_make_test_runs(number: int) -> None:
    assert ROWS[number]
    run = tuple(f"{path}/" for tier in tiers.read() for path in tier.paths)
    for path, name in ROWS[number]:
        assert exists(path, name), f"{path}::{name}"
        assert path.startswith(run), path


def test_the_search_notices_what_is_not_there() -> None:
    assert not exists("tests/bus/test_nothing.py", "")
    assert not exists("tests/bus/test_delivery.py", "test_nothing")
    assert not exists("tests/bus/conftest.py", "")
    assert not exists("tests/flow/test_day_cut_short.py", "")  # a test of thorough runs
    assert exists("tests/architecture/test_promises.py", "")


def test_the_budgets_are_those_of_the_tiers() -> None:
    budgets = [(name, what, float(cpu), float(each or 0)) for name, what, cpu, each in _BUDGET.findall(README)]
    assert budgets == [(tier.name, tier.what, tier.cpu_s, tier.cpu_s_per_test) for tier in tiers.read()]
