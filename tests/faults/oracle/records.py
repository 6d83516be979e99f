"""Checks of what the services show as records: every acknowledged one, once, in its last version, and no other."""

from collections import Counter
from collections.abc import Hashable, Mapping, Sequence
from typing import TypeVar

from tests.faults.oracle.access import Seen
from tests.faults.oracle.expected import Expected
from tests.faults.oracle.verdict import Verdict

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")
STATUS = {"voided": "entered-in-error", "first": "final", "later": "corrected"}


def check_records(expected: Expected, seen: Seen, verdict: Verdict) -> None:
    """Compare persons, open days, screenings and tasks with what must be."""
    _compare("person", dict.fromkeys(expected.persons, 1), [(p["id"], p["version"]) for p in seen.persons], verdict)
    _compare(
        "open day", dict.fromkeys(expected.open_days, 1), [(s["id"], s["version"]) for s in seen.open_days], verdict
    )
    screenings = {
        visit.id: (visit.version, STATUS["voided" if visit.voided else "first" if visit.version == 1 else "later"])
        for visit in expected.visits.values()
    }
    states = [(s["id"], (s["version"], s["status"])) for s in seen.screenings]
    _compare("screening", screenings, states, verdict)
    tasks = [((t["screening_id"], t["action"]), t["status"]) for t in seen.tasks]
    _compare("task", expected.tasks(), tasks, verdict)


def _compare(kind: str, expected: Mapping[K, V], states: Sequence[tuple[K, V]], verdict: Verdict) -> None:
    times = Counter(record for record, _ in states)
    for record, number in times.items():
        if record not in expected:
            verdict.add("double", f"{kind} {record} is there, and was never acknowledged", number)
        elif number > 1:
            verdict.add("double", f"{kind} {record} is there {number} times", number - 1)
    for record in expected.keys() - times.keys():
        verdict.add("lost", f"{kind} {record} was acknowledged and is not there")
    for record, state in states:
        if record in expected and expected[record] != state:
            verdict.add("wrong", f"{kind} {record} is {state}, expected {expected[record]}")
    verdict.note(f"{kind}s", len(states))
