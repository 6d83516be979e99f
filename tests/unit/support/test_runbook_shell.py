"""The shell that executes runbooks fails where an operator's would say nothing, and every page is executed or named."""

import os

import pytest

from deploy.observability.slo import catalogue
from tests.backup.upkeep import LATE
from tests.runbooks.catalogue import not_executed
from tests.runbooks.exposition import Exposition
from tests.runbooks.scenario import INCIDENTS
from tests.runbooks.shell import Shell
from tests.runbooks.stage import names
from tests.support.runbooks import Page

SHELL = Shell({"PATH": os.environ["PATH"], "INSTANCE": "127.0.0.1:1", "NODE": "127.0.0.1:1"})
PROOFS = [name for name in catalogue().names if "curl" in "".join(Page.read(name).prove)]


@pytest.mark.parametrize(
    ("command", "code", "output"),
    [
        ("echo a; echo b >&2", 0, "a\nb\n"),
        ("false; echo a", 1, ""),
        ("false | cat", 1, ""),
        ("echo $ABSENT", 1, "unbound variable"),
    ],
)
async def test_a_command_is_judged_as_a_whole(command: str, code: int, output: str) -> None:
    ended = await SHELL.run(command)
    assert ended.code == code
    assert output in ended.output


async def test_commands_go_on_behind_one_that_fails() -> None:
    assert [each.code for each in await SHELL.run_all(["exit 3", "exit 0"])] == [3, 0]


@pytest.mark.parametrize("name", PROOFS)
async def test_no_proof_holds_for_a_process_that_does_not_answer(name: str) -> None:
    (proof,) = await SHELL.run_all(Page.read(name).prove)
    assert proof.code != 0


def test_every_page_is_executed_or_the_reason_is_told() -> None:
    executed = [*names(INCIDENTS), *LATE]
    assert len(executed) == len(set(executed))
    assert sorted([*executed, *not_executed()]) == sorted(catalogue().names)


def test_a_look_at_metrics_notes_what_was_asked() -> None:
    seen = Exposition('a_total{kind="x"} 1\na_total{kind="y"} 2\n')
    assert (seen.values("a_total"), seen.values("a_total", kind="y"), seen.values("b")) == ([1, 2], [2], [])
    assert seen.asked == {"a_total", "b"}
