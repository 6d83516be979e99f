"""A long run goes on where it was cut, in the same code only; a closing line counts what went before."""

import asyncio
import os
import sys
from pathlib import Path

from deploy.dev.config import ROOT
from tests.runner.counts import Counts
from tests.runner.progress import VARIABLE, Progress


def test_finished_steps_are_there_again_and_only_in_the_same_code(tmp_path: Path) -> None:
    path = tmp_path / "state.json"
    first = Progress(path, "code 1")
    first.done("tier unit", Counts(5, 0, 1))
    first.done("fault at 0.2 1 x", Counts(failed=1))
    again = Progress(path, "code 1")
    assert again.is_done("tier unit")
    assert again.passed("tier unit")
    assert again.is_done("fault at 0.2 1 x")
    assert not again.passed("fault at 0.2 1 x")
    assert not again.is_done("fault at 1 1 x")
    assert again.total() == Counts(5, 1, 1)
    assert again.total("fault") == Counts(failed=1)
    assert Progress(path, "code 2").total() == Counts()
    assert not Progress(path, "code 1").is_done("tier unit"), "the other code began again"


def test_a_process_of_the_run_finds_its_progress_in_the_environment(tmp_path: Path) -> None:
    path = tmp_path / "state.json"
    Progress(path, "code").done("mutant a", Counts(1))
    part = Progress.of_environment({VARIABLE: str(path)})
    assert part.passed("mutant a")
    part.done("mutant b", Counts(failed=1))
    assert Progress(path, "code").total("mutant") == Counts(1, 1)


def test_without_a_file_steps_are_known_to_the_process_alone() -> None:
    alone = Progress.of_environment({})
    alone.done("x", Counts(1))
    assert alone.passed("x")
    assert not Progress.of_environment({}).is_done("x")


async def test_an_unknown_tier_or_service_is_said_and_nothing_runs() -> None:
    for arguments, service in ((["units"], ""), ([], "screenings")):
        child = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "tests", *arguments),
            cwd=ROOT,
            env={**os.environ, "SERVICE": service},
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        output, error = await child.communicate()
        assert (child.returncode, output) == (2, b"")
        assert b"there are: " in error
