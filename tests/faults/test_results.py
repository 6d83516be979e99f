"""The table tells what runs showed, and no figure of a run that came to no verdict; a name keeps its place."""

from dataclasses import replace
from datetime import UTC, datetime

from tests.faults.campaign import Result, Which
from tests.faults.catalogue import FAULTS, numbered
from tests.faults.results import Record, State, commits_of, merged, record_of, seconds_of, table

NUMBER = 135
"""Of a name, in every process and for ever."""
WHICH = Which(7, FAULTS[0], datetime(2026, 1, 31, tzinfo=UTC))


def record(state: State, recovery_s: float | None = None) -> Record:
    """Return a run of the first fault of the list; with figures if it was measured."""
    findings = ["lost: something"] if state == "failed" else []
    measured = recovery_s is not None
    result = Result(WHICH, 100, len(findings), 0, recovery_s or 0.0, 30.0, findings) if measured else None
    return record_of(WHICH, result, state)


def row(*records: Record) -> str:
    """Return the row of the first fault."""
    return next(line for line in table(records).splitlines() if FAULTS[0].name in line)


def test_runs_without_a_verdict_are_shown_and_have_no_part_in_the_figures() -> None:
    runs = [record("held", 4.0), record("failed", 6.0), record("held", 9.0), record("failed"), record("not run")]
    assert row(*runs) == f"| {FAULTS[0].group} | {FAULTS[0].name} | 0.2 | 2 | 2 | 1 | 300 | 1 | 0 | 1 | 6.0 / 9.0 |"


def test_a_fault_that_was_never_measured_has_no_recovery() -> None:
    assert row(record("not run")).endswith("| 0 | 0 | 1 | 0 | 0 | 0 | 0 | – |")


def test_a_replay_names_all_that_makes_the_run() -> None:
    assert WHICH.replay == f'make chaos SEED=7 FAULT="{FAULTS[0].name}" NOW=2026-01-31T00:00:00+00:00 WAITS=0.2'


def test_a_name_keeps_its_number_when_others_are_added_after_it() -> None:
    names = [fault.name for fault in FAULTS]
    numbers = numbered([*names, "one more"])
    assert {name: numbers[name] for name in names} == numbered(names)
    assert len(set(numbers.values())) == len(names) + 1
    assert numbered(["API killed"]) == {"API killed": NUMBER}


def test_newer_code_replaces_what_older_code_showed_of_the_same_fault_at_the_same_waits() -> None:
    old, again = replace(record("held", 4.0), commit="a"), replace(record("held", 5.0), commit="b")
    production = replace(record("held", 9.0), commit="a", waits=1.0)
    other = replace(record("held", 1.0), fault=FAULTS[1].name, commit="a")
    assert merged([old, production, other], [again]) == [again, production, other]
    assert merged([again], [replace(again, seed=8)]) == [again, replace(again, seed=8)]


def test_durations_are_those_at_the_same_waits_where_there_are_such() -> None:
    runs = [replace(record("held", 4.0), took_s=10.0), replace(record("held", 4.0), took_s=50.0, waits=1.0)]
    name = FAULTS[0].name
    assert seconds_of(runs, 0.2) == {name: 10.0}
    assert seconds_of(runs, 1.0) == {name: 50.0}
    assert seconds_of(runs[1:], 0.2) == {name: 50.0}
    assert seconds_of([record("failed")], 0.2) == {}


def test_a_run_without_a_verdict_is_no_run_of_a_commit() -> None:
    runs = [replace(record("held", 4.0), commit="a with changes"), replace(record("not run"), commit="b")]
    assert commits_of(runs) == {FAULTS[0].name: {"a"}}
