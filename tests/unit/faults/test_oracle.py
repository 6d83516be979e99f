"""The oracle sees: a small world is exact, and every way of spoiling one thing in it is found. Nothing runs here."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.faults.ledger import Answer, Ledger
from tests.faults.oracle import Expected, Seen, Verdict, compare
from tests.faults.oracle.definitions import Ambiguous
from tests.unit.faults.small_world import (
    CHILD,
    MONTH,
    S1,
    S2,
    S4,
    SHARD,
    TASK,
    VILLAGE,
    command,
    event,
    example,
    looked,
    record_of,
    screening,
)


def verdict_on(ledger: Ledger, seen: Seen) -> Verdict:
    """Return what the oracle says."""
    return compare(ledger, Expected(ledger), seen)


def test_an_exact_platform_has_no_findings_and_everything_was_looked_at() -> None:
    verdict = verdict_on(example(), looked())
    assert verdict.findings == []
    assert (verdict.lost, verdict.double) == (0, 0)
    assert verdict.checked == {
        "events": 15,
        "histories of tasks": 3,
        "shards": 3,
        "Kafka records": 7,
        "persons": 2,
        "open days": 1,
        "screenings": 4,
        "tasks": 3,
        "numbers": 63,
    }


def append_again(seen: Seen, domain: str, index: int) -> None:
    """Put an event into the feed a second time, at the end of its shard."""
    last = seen.feed[domain][-1]["sequence"]
    seen.feed[domain].append({**seen.feed[domain][index], "id": "again", "sequence": last + 1})


def renumber(seen: Seen, domain: str) -> None:
    """Close the gap that a lost event leaves, so that nothing but its absence can be noticed."""
    for number, entry in enumerate(seen.feed[domain], start=1):
        entry["sequence"] = number


def lose(seen: Seen, domain: str, index: int) -> None:
    """Take an event out of the feed without a trace."""
    del seen.feed[domain][index]
    renumber(seen, domain)
    seen.kafka.clear()


def situation_of(seen: Seen, area: str) -> dict[str, Any]:
    """Return what is shown of an area."""
    return seen.situations[area, MONTH]


Spoil = Callable[[Ledger, Seen], object]
SPOILED: dict[str, tuple[Spoil, str]] = {
    "an event of a command is lost": (
        lambda _, s: lose(s, "screening", 6),
        f"no event ilp.screening.recorded.v1 version 1 of {S4}",
    ),
    "an event of a person is lost": (lambda _, s: lose(s, "registry", 2), "version 1 of adult"),
    "an event is there twice": (lambda _, s: append_again(s, "screening", 6), "is there 2 times"),
    "a task is opened twice": (lambda _, s: append_again(s, "cluster", 0), "version 1 comes after 1"),
    "a task has a move that was never made": (
        lambda _, s: s.feed["cluster"].append(
            event("cluster", "task-changed", TASK, 3, 6, screening_id=S2, action="REFER_PUSKESMAS")
        ),
        "has the versions [1, 2, 3]",
    ),
    "an event without a command": (
        lambda _, s: s.feed["screening"].append(event("screening", "recorded", "unknown", 1, 8)),
        "belongs to no acknowledged command",
    ),
    "a refused command has an effect": (
        lambda _, s: s.feed["screening"].append(event("screening", "recorded", "refused", 1, 8)),
        "belongs to no acknowledged command",
    ),
    "an event of another type": (
        lambda _, s: s.feed["screening"][2].update(type="ilp.screening.voided.v1"),
        f"no event ilp.screening.corrected.v1 version 2 of {S1}",
    ),
    "a sequence is missing": (lambda _, s: s.feed["screening"][6].update(sequence=9), "miss [7, 8]"),
    "a sequence is there twice": (lambda _, s: s.feed["registry"][2].update(sequence=2), "not in order or twice"),
    "a version is missing": (lambda _, s: s.feed["screening"][2].update(aggregateversion=3), "version 3 comes after 1"),
    "Kafka holds another event in its place": (
        lambda _, s: s.kafka["screening", SHARD, 2].append(record_of(s.feed["screening"][1], event_id="other")),
        "Kafka holds event other",
    ),
    "Kafka holds another content": (
        lambda _, s: s.kafka["screening", SHARD, 2].append(record_of(s.feed["screening"][1], content={"day": ""})),
        "Kafka holds event screening-2",
    ),
    "Kafka holds more than the archive": (
        lambda _, s: s.kafka.update({("screening", SHARD, 99): [record_of(s.feed["screening"][1])]}),
        "which the feed does not have",
    ),
    "a record is lost": (lambda _, s: s.screenings.pop(), f"screening {S4} was acknowledged and is not there"),
    "a record is there twice": (lambda _, s: s.persons.append(s.persons[0]), "person child is there 2 times"),
    "a record that was never acknowledged": (
        lambda _, s: s.open_days.append({"id": "x", "version": 1}),
        "was never acknowledged",
    ),
    "a correction is lost": (lambda _, s: s.screenings[0].update(version=1, status="final"), f"screening {S1} is (1"),
    "a task is closed without a move": (
        lambda _, s: s.tasks[0].update(status="completed"),
        "is completed, expected requested",
    ),
    "a task was never opened": (lambda _, s: s.tasks.pop(0), "was acknowledged and is not there"),
    "the village's number is too low": (
        lambda _, s: situation_of(s, VILLAGE)["indicators"][0].update(numerator=0),
        f"lost: numerator of ('{VILLAGE}', '2025-11', 'D_S') is 0, expected 1",
    ),
    "the regency's number is too high": (
        lambda _, s: situation_of(s, "34.71")["indicators"][0].update(numerator=2),
        "double: numerator of ('34.71', '2025-11', 'D_S') is 2, expected 1",
    ),
    "the district's denominator is wrong": (
        lambda _, s: situation_of(s, "34.71.02")["indicators"][4]["denominators"].update(opened=3),
        "denominator of ('34.71.02', '2025-11', 'FOLLOW_UP_OPEN') is 3, expected 2",
    ),
    "one registered too many": (
        lambda _, s: situation_of(s, VILLAGE)["indicators"][0]["denominators"].update(real=2),
        "registered for",
    ),
    "a number in the wrong month": (lambda _, s: s.cells["34.71"][0].update(period="2025-10"), "exported numerator of"),
    "a cell is missing from the export": (lambda _, s: s.cells["34.71"].pop(), "is 0, expected 1"),
    "a report is not counted": (
        lambda _, s: situation_of(s, VILLAGE)["completeness"].update(reported=0),
        "posyandu that reported",
    ),
    "an event is parked": (lambda _, s: situation_of(s, VILLAGE).update(parked=1), "1 events are parked"),
    "a command without a definite answer": (
        lambda ledger, _: ledger.intend(command("void", S4, {}, 2)[0]),
        "never got a definite answer",
    ),
    "an answer that owns up to a defect": (
        lambda ledger, _: ledger.judge_status(500, "a list", retryable=False),
        "wrong: a list was answered 500",
    ),
    "nothing in Kafka": (lambda _, s: s.kafka.clear(), "has seen no Kafka records"),
    "two different answers": (
        lambda ledger, _: ledger.settle(f"screening {S4} 1", Answer(201, 2)),
        "answered 201 version 1, then 201 version 2",
    ),
}


@pytest.mark.parametrize("what", SPOILED)
def test_whatever_is_spoiled_is_found(what: str) -> None:
    ledger, seen = example(), looked()
    spoil, said = SPOILED[what]
    spoil(ledger, seen)
    findings = verdict_on(ledger, seen).findings
    assert any(said in finding for finding in findings), findings


def test_an_answer_that_may_pass_is_no_finding() -> None:
    ledger = example()
    for status, retryable in ((503, False), (502, False), (504, False), (500, True), (429, False), (404, False)):
        ledger.judge_status(status, "something", retryable=retryable)
    assert verdict_on(ledger, looked()).findings == []


def test_an_observation_it_cannot_judge_is_refused() -> None:
    ledger = example()
    made, answer = screening("unclear", CHILD, "2025-11-16", {"length_height_cm": 79.0, "height_posture": "lying"})
    ledger.intend(made)
    ledger.settle(made.key, answer)
    with pytest.raises(Ambiguous):
        Expected(ledger)
