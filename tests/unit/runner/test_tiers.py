"""The table of tiers is sound, a tier over its budget fails, and one service is a part of each."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from deploy.dev.config import ROOT
from tests.__main__ import run
from tests.runner import cpu, tiers
from tests.runner.counts import Counts, sum_of
from tests.runner.program import Program
from tests.runner.step import Outcome
from tests.runner.tiers import Tier, UnknownName

TIER = Tier("some", "tests of something", cpu_s=10.0, cpu_s_per_test=2.0)
REPORT = """<testsuites><testsuite name="pytest">
<testcase name="a"/><testcase name="b"/><testcase name="c"/><testcase name="d"/>
<testcase name="e"><failure/></testcase><testcase name="f"><error/></testcase>
<testcase name="g"><failure/><error/></testcase>
<testcase name="h"><skipped/></testcase><testcase name="i"><skipped/></testcase>
</testsuite></testsuites>"""


def test_the_table_has_every_folder_of_tests_once() -> None:
    paths = [path for tier in tiers.read() for path in tier.paths]
    assert len(paths) == len(set(paths))
    folders = {path.parent.relative_to(ROOT).parts[:2] for path in (ROOT / "tests").rglob("test_*.py")}
    assert {"/".join(folder) for folder in folders} == set(paths)
    names = ["check", "unit", "service", "flow", "faults", "runbooks", "backup", "images", "cluster"]
    assert [tier.name for tier in tiers.read()] == names
    assert all(bool(tier.paths) != bool(tier.commands) for tier in tiers.read())
    for tier in tiers.read():
        assert all((ROOT / module).is_file() and module.startswith(tuple(tier.paths)) for module in tier.first)


def test_tiers_by_name_keep_their_order() -> None:
    chosen = tiers.named(tiers.read(), ["flow", "unit"])
    assert [tier.name for tier in chosen] == ["unit", "flow"]
    assert tiers.named(chosen, []) == chosen
    with pytest.raises(UnknownName, match="there are: unit, flow"):
        tiers.named(chosen, ["units"])


@pytest.mark.parametrize("service", ["registry", "screening", "cluster-services", "cluster_services", "monitoring"])
def test_a_service_has_its_unit_contract_service_and_access_tests_and_a_fault(service: str) -> None:
    folder = tiers.FOLDERS[service.replace("_", "-")]
    unit, of_service, faults = tiers.of_service(tiers.read(), service)
    assert list(unit.paths) == [f"tests/unit/{folder}", "tests/contract"]
    assert list(of_service.paths) == [f"tests/service/{folder}", "tests/access"]
    assert of_service.keyword == folder
    assert faults.paths == ["tests/faults/test_campaign.py"]
    assert not any(tier.budgeted for tier in (unit, of_service, faults))


def test_there_is_no_other_service() -> None:
    with pytest.raises(UnknownName, match="there are: registry"):
        tiers.of_service(tiers.read(), "registries")


def test_arguments_of_a_tier() -> None:
    tier = Tier("some", "", 1.0, paths=["tests/a", "tests/b"], first=["tests/b/long.py"], workers=2, keyword="x")
    assert tier.arguments == ["tests/a", "tests/b", "-n", "2", "--dist", "loadscope", "-k", "x"]
    assert Tier("some", "", 1.0, paths=["tests/a"]).arguments == ["tests/a"]


@pytest.mark.parametrize(("cpu_s", "over"), [(16.0, False), (24.0, False), (24.1, True)])
def test_half_as_much_again_as_the_budget_is_too_much(cpu_s: float, over: bool) -> None:
    outcome = Outcome(TIER, Counts(3), wall_s=1.0, cpu_s=cpu_s, load=0.0)
    assert outcome.budget_s == 16.0
    assert outcome.costs_too_much is over
    assert ("OVER BUDGET" in outcome.line) is over


def test_a_report_counts_errors_as_failures(tmp_path: Path) -> None:
    report = tmp_path / "report.xml"
    report.write_text(REPORT)
    assert Counts.read(report, 1) == Counts(passed=4, failed=3, skipped=2)


def test_a_run_that_failed_without_a_failed_test_is_a_failure(tmp_path: Path) -> None:
    report = tmp_path / "report.xml"
    assert Counts.read(report, 4) == Counts(failed=1)
    report.write_text(REPORT.replace("<failure/>", "").replace("<error/>", ""))
    assert Counts.read(report, 1) == Counts(passed=7, failed=1, skipped=2)
    assert Counts.read(report, 0) == Counts(passed=7, failed=0, skipped=2)


def test_a_report_that_cannot_be_read_is_a_failure(tmp_path: Path) -> None:
    report = tmp_path / "report.xml"
    assert Counts.read(report, 0) == Counts(failed=1)
    report.write_text(REPORT[:60])
    assert Counts.read(report, 0) == Counts(failed=1)


def test_the_closing_line() -> None:
    total = sum_of([Counts(1, 2, 3), Counts(10, 20, 30), Counts.of(passed=True), Counts.of(passed=False)])
    assert total.line == "12 passed, 23 failed, 33 skipped"
    assert sum_of([]) == Counts()


BURN = "import time\nwhile time.process_time() < 0.3: pass\n"


def test_cpu_of_living_and_of_ended_descendants() -> None:
    """See the child and a grandchild that has ended, while the child lives; both burn CPU."""
    grandchild = f"subprocess.run([sys.executable, '-c', {BURN!r}])"
    program = f"import subprocess, sys\n{BURN}{grandchild}\nprint(1, flush=True)\ninput()"
    child = subprocess.Popen([sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert child.stdout is not None
    child.stdout.readline()
    living = cpu.of_tree(child.pid)
    assert living >= 0.5
    assert cpu.of_tree(os.getpid()) >= living
    child.communicate(b"\n")


def test_a_program_costs_what_it_and_its_descendants_burn(tmp_path: Path) -> None:
    grandchild = f"subprocess.run([sys.executable, '-c', {BURN!r}])"
    program = f"import subprocess, sys\n{BURN}{grandchild}\nprint('here')\nraise SystemExit(3)"
    ended = Program([sys.executable, "-c", program], os.environ, tmp_path / "output").wait()
    assert ended.code == 3
    assert ended.cpu_s >= 0.5
    assert (tmp_path / "output").read_text() == "here\n"


def test_a_tier_runs_beside_the_one_it_names() -> None:
    a, b, c, d = (Tier(name, "", 1.0, beside=beside) for name, beside in (("a", ""), ("b", "a"), ("c", ""), ("d", "b")))
    assert tiers.groups([a, b, c, d]) == [[a, b], [c], [d]]
    assert tiers.groups([b, c]) == [[b], [c]]


def test_tests_at_the_side_of_a_tier_count_and_are_shown(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    module = tmp_path / "test_planted.py"
    module.write_text("def test_passes(): pass\ndef test_fails(): assert 1 == 2\n")
    command = ["python", "-c", "print('the first ran')"]
    first = Tier("first", "", 60.0, commands=[command])
    assert run([first, Tier("second", "", 60.0, paths=[str(module)], beside="first")]) == Counts(passed=2, failed=1)
    output = capfd.readouterr().out
    assert "assert 1 == 2" in output
    assert output.index("the first ran") < output.index("assert 1 == 2")


def test_a_tier_that_fails_or_costs_too_much_does_not_stop_the_next(capfd: pytest.CaptureFixture[str]) -> None:
    def tier(name: str, program: str, cpu_s: float = 60.0) -> Tier:
        return Tier(name, "", cpu_s, commands=[["python", "-c", program]])

    chosen = [tier("first", "raise SystemExit(3)"), tier("dear", BURN, 0.01), tier("last", "print('the last ran')")]
    assert run(chosen) == Counts(passed=2, failed=2)
    lines = capfd.readouterr().out.splitlines()
    assert "the last ran" in lines
    summary = [line.split()[:5] for line in lines[-3:]]
    assert summary == [
        ["first", "0", "passed,", "1", "failed,"],
        ["dear", "1", "passed,", "1", "failed,"],
        ["last", "1", "passed,", "0", "failed,"],
    ]
    assert [("OVER BUDGET" in line) for line in lines[-3:]] == [False, True, False]
