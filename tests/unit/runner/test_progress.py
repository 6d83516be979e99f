"""A long run goes on where it was cut, in the same code only; a closing line counts what went before."""

import asyncio
import os
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from deploy.dev.config import ROOT
from tests.runner import everything
from tests.runner.counts import Counts
from tests.runner.everything import Campaign, Plan
from tests.runner.progress import VARIABLE, Progress
from tests.runner.step import Interrupted
from tests.runner.tiers import Tier


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


TIERS = [Tier("first", "", 1.0), Tier("second", "", 1.0)]
STEP = """
from tests.runner.counts import Counts
from tests.runner.progress import Progress

progress = Progress.of_environment()
for name in ("a", "b"):
    if not progress.is_done(f"step {name}"):
        print(f"step {name} runs", flush=True)
        progress.done(f"step {name}", Counts(1))
"""


@pytest.fixture
def plan(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Plan:
    """Provide two tiers, and a program that notes two steps of its own."""
    (tmp_path / "noted_steps.py").write_text(STEP)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    return Plan(TIERS, [Campaign("step ", "noted_steps")], tmp_path / "state.json")


def test_a_second_start_goes_on_where_the_first_was_cut(plan: Plan, capfd: pytest.CaptureFixture[str]) -> None:
    ran: list[str] = []

    def cut_in_the_second(chosen: Sequence[Tier]) -> Counts:
        ran.extend(tier.name for tier in chosen)
        if ran == ["first", "second"]:
            raise Interrupted
        return Counts(10)

    with pytest.raises(Interrupted):
        everything.run(cut_in_the_second, plan, restart=False)
    Progress(plan.state, everything.state_of_code()).done("step a", Counts(failed=1))
    assert everything.run(cut_in_the_second, plan, restart=False) == Counts(10 + 10 + 1, 1)
    assert ran == ["first", "second", "second"]
    output = capfd.readouterr().out
    assert ("step a runs" in output, "step b runs" in output) == (False, True)
    assert not plan.state.exists(), "a run that came to its end begins again"


def test_a_fresh_start_forgets_what_was_done(plan: Plan) -> None:
    Progress(plan.state, everything.state_of_code()).done("tier first", Counts(failed=9))
    assert everything.run(lambda _: Counts(5), plan, restart=True) == Counts(12)


def test_it_draws_all_random_examples_and_leaves_sampled_faults_to_their_campaign(tmp_path: Path) -> None:
    arguments: dict[str, list[str]] = {}

    def noted_arguments(chosen: Sequence[Tier]) -> Counts:
        arguments.update({tier.name: tier.arguments for tier in chosen})
        return Counts(1)

    asked = [Tier("check", "", 1.0, commands=[["true"]]), Tier("faults", "", 1.0, paths=["tests/faults"])]
    everything.run(noted_arguments, Plan(asked, [], tmp_path / "state.json"), restart=True)
    sampled = ["-k", "not test_everything_is_exact_after"]
    assert arguments == {"check": [], "faults": ["tests/faults", *sampled, "--thorough"]}


def test_a_program_that_ends_badly_without_a_word_is_a_failure(plan: Plan) -> None:
    broken = Plan(TIERS, [Campaign("step ", "no_such_module")], plan.state)
    assert everything.run(lambda _: Counts(5), broken, restart=False) == Counts(10, 1)
