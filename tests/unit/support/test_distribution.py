"""Tests that share the platform run in one worker, other modules where there is room; the longest begin first."""

import asyncio
import os
import re
import sys
from collections import defaultdict
from pathlib import Path

from deploy.dev.config import ROOT
from tests.support.distribution import OF_DAYS, ON_THEIR_OWN, SHARING, in_order, scope_of

TEST = """
import time
import pytest

@pytest.mark.parametrize("n", range(3))
def test_it(worker_id, n):
    with open({noted!r}, "a") as file:
        file.write(f"{name} {{worker_id}}\\n")
    time.sleep(0.2)
"""
MODULES = ("flow/test_a", "flow/test_b", "browser/test_c", "service/test_d", "service/test_e", "flow/test_make_run")


def test_parts() -> None:
    days, entries = "tests/flow/test_demonstration_day.py", "tests/flow/test_many_screens.py"
    assert scope_of(f"{entries}::test_it[a::b]") == scope_of("tests/browser/test_live.py::test_it")
    assert scope_of(f"{days}::test_it") == scope_of("tests/browser/test_print.py::test_it")
    assert scope_of(f"{days}::test_it") != scope_of(f"{entries}::test_it")
    assert scope_of("tests/bus/test_delivery.py::test_it") == "tests/bus/test_delivery.py"
    for module in ON_THEIR_OWN:
        assert (ROOT / module).is_file()
        assert scope_of(f"{module}::test_it") == module


def test_modules_that_look_at_the_days_share_their_platform() -> None:
    modules = [path for folder in SHARING for path in (ROOT / folder).glob("test_*.py")]
    looking = {str(path.relative_to(ROOT)) for path in modules if re.search(r"\b(small|large)_day\b", path.read_text())}
    assert looking == OF_DAYS


async def test_the_platform_has_one_worker(tmp_path: Path) -> None:
    log = tmp_path / "noted"
    for module in MODULES:
        path = tmp_path / "tests" / f"{module}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(TEST.format(noted=str(log), name=module))
    child = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--rootdir", str(tmp_path)),
        *("-p", "xdist", "-n", "2", "--dist", "loadscope", "-p", "tests.support.distribution"),
        "--import-mode=importlib",
        "tests",
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
        stdout=asyncio.subprocess.PIPE,
    )
    output, _ = await child.communicate()
    assert child.returncode == 0, output.decode()
    workers: dict[str, set[str]] = defaultdict(set)
    for line in log.read_text().splitlines():
        module, worker = line.split()
        workers[module].add(worker)
    assert workers.keys() == set(MODULES)
    assert all(len(used) == 1 for used in workers.values())
    assert workers["flow/test_a"] == workers["flow/test_b"] == workers["browser/test_c"]
    assert set.union(*workers.values()) == {"gw0", "gw1"}


def test_the_longest_begin_first_and_the_others_keep_their_order() -> None:
    assert in_order(["a", "b", "c", "b", "d"], ["d", "b"]) == [4, 1, 3, 0, 2]
    assert in_order(["a", "b"], []) == [0, 1]
