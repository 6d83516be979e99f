"""The table tells what runs showed, and no figure of a run that came to no verdict; a name keeps its place."""

from datetime import UTC, datetime

from tests.faults.campaign import Result, Which
from tests.faults.catalogue import FAULTS, numbered
from tests.faults.results import Record, State, record_of, table

NUMBER = 135
"""Of a name, in every process and for ever."""
WHICH = Which(7, FAULTS[0], datetime(2026, 1, 31, tzinfo=UTC))


def record(state: State, recovery_s: float | None = None) -> Record:
    """A run of the first fault of the list; with figures if it was measured."""
    findings = ["lost: something"] if state == "failed" else []
    measured = recovery_s is not None
    result = Result(WHICH, 100, len(findings), 0, recovery_s or 0.0, 30.0, findings) if measured else None
    return record_of(WHICH, result, state)


def row(*records: Record) -> str:
    """The row of the first fault."""
    return next(line for line in table(records).splitlines() if FAULTS[0].name in line)


def test_runs_without_a_verdict_are_shown_and_have_no_part_in_the_figures() -> None:
    runs = [record("held", 4.0), record("failed", 6.0), record("held", 9.0), record("failed"), record("not run")]
    assert row(*runs) == f"| {FAULTS[0].group} | {FAULTS[0].name} | 2 | 2 | 1 | 300 | 1 | 0 | 1 | 6.0 / 9.0 |"


def test_a_fault_that_was_never_measured_has_no_recovery() -> None:
    assert row(record("not run")).endswith("| 0 | 0 | 1 | 0 | 0 | 0 | 0 | – |")


def test_a_replay_names_all_that_makes_the_run() -> None:
    assert WHICH.replay == f'make chaos SEED=7 FAULT="{FAULTS[0].name}" NOW=2026-01-31T00:00:00+00:00'


def test_a_name_keeps_its_number_when_others_are_added_after_it() -> None:
    names = [fault.name for fault in FAULTS]
    numbers = numbered([*names, "one more"])
    assert {name: numbers[name] for name in names} == numbered(names)
    assert len(set(numbers.values())) == len(names) + 1
    assert numbered(["API killed"]) == {"API killed": NUMBER}
