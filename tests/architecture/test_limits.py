"""Only `tests/support/waiting.py` limits anything by the wall clock.

A limit in a test is a guard against hanging, never a claim that something is quick: a busy machine must not make it
fail. So there is one guard (`patience`, `patiently`), and one wait for a condition (`eventually`), both generous.
That something happens while something else lasts is asserted by order: it is seen before the other is ended.
`tests/load` measures; elsewhere a limit of its own is an exception with its reason.
"""

import ast
from collections.abc import Iterator

import pytest

from tests.architecture.names import names_of
from tests.architecture.rules import calls, planted
from tests.architecture.sources import Source, sources

GUARDS = {
    *("asyncio.timeout", "asyncio.timeout_at", "asyncio.wait_for", "asyncio.timeouts.timeout", "async_timeout.timeout"),
    *("anyio.fail_after", "anyio.fail_at", "anyio.move_on_after", "anyio.move_on_at", "anyio.CancelScope"),
    *("signal.alarm", "signal.setitimer", "threading.Timer", "pytest.mark.timeout"),
}
CLOCKS = {"time.monotonic", "time.perf_counter", "time.time"}
METHODS = {"call_later", "call_at", "settimeout", "setdefaulttimeout", "set_default_timeout"}
KEYWORDS = {"timeout", "total", "connect_timeout", "timeout_s", "deadline"}
"""Of clients, processes, threads and queues. None is no limit."""
PATIENCE = "tests.support.waiting.PATIENCE_S"
LEAST_S = 60
"""What a wait for a condition may take at least, where it says its own time."""
EXCEPTIONS = {
    "tests/support/waiting.py": "the one place",
    "tests/support/docker.py": "asks whether there is a Docker at all; none is the usual answer",
    "tests/support/apt.py": "installs a package; without it the tests are skipped",
    "tests/support/servers.py": "the start of servers for the whole run, before any test",
    "tests/browser/screens.py": "Playwright has limits of its own: raised for a busy machine",
    "tests/browser/visits.py": "Playwright has limits of its own: raised for a busy machine",
    "tests/faults/client.py": "a client of the platform gives up and repeats: part of the workload",
    "tests/faults/workload.py": "a client of the platform gives up: part of the workload",
    "tests/faults/screen.py": "a screen gives a silent stream up and connects again, as the page does",
    "tests/faults/evidence.py": "asks a server that may be frozen; the question is repeated",
    "tests/faults/faked_clock.py": "asks a server that may be frozen; the question is repeated",
    "tests/faults/oracle/access.py": "the oracle imports nothing of the tests",
    "tests/faults/test_request_deadline.py": "the deadline is what is tested; both clocks are those of one event loop",
    "tests/service/shared/test_deadline.py": "the deadline is what is tested; both clocks are those of one event loop",
    "tests/stranger/comparing.py": "the stranger imports nothing of the tests",
    "tests/stranger/log.py": "the stranger imports nothing of the tests",
    "tests/mutants/trial.py": "a mutant that hangs its tests is caught",
}


def limits(source: Source) -> Iterator[int]:
    """Find what ends or fails something after a time."""
    names = names_of(source)
    for node, name in calls(source):
        values = [each.value for each in node.keywords if each.arg in KEYWORDS]
        if (
            names.path(node.func) in GUARDS
            or name in METHODS
            or any(not is_patience(source, value) for value in values)
            or any(each.arg == "within_s" and is_short(each.value) for each in node.keywords)
        ):
            yield node.lineno
    for test in source.walk(ast.If, ast.While):
        assert isinstance(test, ast.If | ast.While)
        compared = [part for each in ast.walk(test.test) if isinstance(each, ast.Compare) for part in ast.walk(each)]
        if any(reads_clock(source, part) for part in compared):
            yield test.lineno


def is_patience(source: Source, value: ast.expr) -> bool:
    """Tell whether the limit of a client is the common one, or none."""
    if isinstance(value, ast.Call):  # `ClientTimeout(total=PATIENCE_S)`
        return bool(value.keywords) and all(is_patience(source, each.value) for each in value.keywords)
    return (isinstance(value, ast.Constant) and value.value is None) or names_of(source).path(value) == PATIENCE


def reads_clock(source: Source, node: ast.AST) -> bool:
    """Tell whether an expression asks the time."""
    path = names_of(source).path(node) if isinstance(node, ast.Call) else ""
    return path.removesuffix("()") in CLOCKS or path.endswith("loop().time()")


def is_short(value: ast.expr) -> bool:
    """Tell whether a wait for a condition is shorter than a busy machine may need."""
    return isinstance(value, ast.Constant) and isinstance(value.value, int | float) and value.value < LEAST_S


def judged() -> list[Source]:
    """Return the modules of the tests, without those that measure and those of the rules."""
    left_out = ("tests/load/", "tests/architecture/")
    return [each for each in sources() if each.path.startswith("tests/") and not each.path.startswith(left_out)]


def test_only_one_module_limits_by_the_wall_clock() -> None:
    findings = [f"{each.path}:{line}" for each in judged() if each.path not in EXCEPTIONS for line in limits(each)]
    assert findings == [], "use waiting.patience(), patiently(…), eventually(…)"


def test_every_exception_is_still_needed() -> None:
    assert {each.path for each in judged() if each.path in EXCEPTIONS and list(limits(each))} == EXCEPTIONS.keys()


@pytest.mark.parametrize(
    "text",
    [
        "async with asyncio.timeout(5): ...",
        "async with asyncio.timeout_at(when): ...",
        "a = await asyncio.wait_for(task, 5)",
        "a = await asyncio.wait_for(task, timeout=5)",
        "done, _ = await asyncio.wait({task}, timeout=5)",
        "from asyncio import timeout as soon\nasync with soon(5): ...",
        "import asyncio as aio\na = await aio.wait_for(task, 5)",
        "wait = asyncio.wait_for\na = await wait(task, 5)",
        "import anyio\nwith anyio.fail_after(3): ...",
        "import signal\nsignal.alarm(3)",
        "@pytest.mark.timeout(5)\ndef test_it(): ...",
        "asyncio.get_running_loop().call_later(3, task.cancel)",
        "a = subprocess.run(command, timeout=5)",
        "thread.join(timeout=3)",
        "client = httpx2.AsyncClient(timeout=5)",
        "PATIENCE_S = 3\nclient = httpx2.AsyncClient(timeout=PATIENCE_S)",
        "await eventually(done, within_s=5)",
        "while time.monotonic() < deadline: ...",
        "if time.monotonic() - began > 3:\n    raise AssertionError",
        "from time import monotonic as now\nwhile now() < deadline: ...",
    ],
)
def test_the_search_finds_what_is_planted(text: str) -> None:
    assert list(limits(planted(text))) != []


@pytest.mark.parametrize(
    "text",
    [
        "async with patience():\n    await done.wait()",
        "a = await patiently(task)",
        "await eventually(done, within_s=60)",
        "await eventually(done, within_s=SETTLE_S)",
        "from tests.support.waiting import PATIENCE_S\nclient = httpx2.AsyncClient(timeout=PATIENCE_S)",
        "client = httpx2.AsyncClient(timeout=None)",
        "done, _ = await asyncio.wait({task})",
        "seconds = time.monotonic() - began",
    ],
)
def test_the_search_leaves_guards_alone(text: str) -> None:
    assert list(limits(planted(text))) == []
