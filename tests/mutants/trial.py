"""One pytest run in processes of its own, with or without a mutant, and what came of each test."""

import asyncio
import json
import os
import signal
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

from deploy.dev.config import ROOT
from tests.mutants.mutant import Mutant

_STARTUP = Path(__file__).parent / "startup"
_LONGEST_S = 600.0


@dataclass(frozen=True)
class Trial:
    """What became of the tests of one run."""

    passed: frozenset[str]
    failed: Mapping[str, str]
    """Node ids that failed in their own body, with the first line of why. Errors of fixtures do not count."""
    mutated: int
    """Processes that ran the mutant."""
    seconds: float
    output: str

    def proves(self, tests: Sequence[str]) -> bool:
        """Tell whether every one of the tests ran and passed."""
        return not self.failed and all(_cases(test, self.passed) for test in tests)

    def noticed_by(self, test: str) -> list[str]:
        """Return the cases of a test that failed."""
        return sorted(_cases(test, self.failed))


def _cases(test: str, among: Mapping[str, str] | frozenset[str]) -> set[str]:
    return {case for case in among if case == test or case.startswith(f"{test}[")}


async def run(tests: Sequence[str], folder: Path, mutant: Mutant | None) -> Trial:
    """Run tests with a mutant (None: without); `folder` keeps report, order and trace of the run.

    The servers are those that this process has started (`tests.support.servers`), if it has.
    """
    folder.mkdir(parents=True)
    report, trace = folder / "report.xml", folder / "trace"
    trace.touch()
    env = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}
    if mutant is not None:
        order = folder / "mutant.json"
        order.write_text(json.dumps({"module": mutant.module, "edits": mutant.edits, "trace": str(trace)}))
        env |= {
            "ILP_MUTANT": str(order),
            "PYTHONPATH": os.pathsep.join([str(_STARTUP), os.environ.get("PYTHONPATH", "")]),
        }
    began = time.monotonic()
    output = await _pytest([*tests, f"--junitxml={report}"], env)
    seconds = time.monotonic() - began
    passed, failed = _read(report) if report.exists() else (frozenset[str](), {})
    return Trial(passed, failed, len(set(trace.read_text().split())), seconds, output)


async def _pytest(arguments: Sequence[str], env: Mapping[str, str]) -> str:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "pytest",
        "-q",
        *arguments,
        cwd=ROOT,
        env=env,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        start_new_session=True,
    )
    try:
        output, _ = await asyncio.wait_for(process.communicate(), _LONGEST_S)
    except TimeoutError:
        return f"no end after {_LONGEST_S:.0f} s"
    finally:
        if process.returncode is None:
            os.killpg(process.pid, signal.SIGKILL)
            await process.wait()
    return output.decode(errors="replace")


def _read(report: Path) -> tuple[frozenset[str], dict[str, str]]:
    passed, failed = set(), {}
    for case in ElementTree.parse(report).iter("testcase"):
        node = f"{case.attrib['classname'].replace('.', '/')}.py::{case.attrib['name']}"
        failure = case.find("failure")
        if failure is not None:
            failed[node] = failure.attrib.get("message", "").partition("\n")[0]
        elif case.find("error") is None and case.find("skipped") is None:
            passed.add(node)
    return frozenset(passed), failed
