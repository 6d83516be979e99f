"""The oracle sees: a small world written down by hand is exact, and every way of spoiling one thing in it is found.

Nothing runs here. The numbers are literals, counted by a person, not by the oracle's own code.
"""

from collections.abc import Callable
from typing import Any

import pytest

from tests.faults.ledger import Answer, Body, Command, Kind, Ledger
from tests.faults.oracle import Expected, Seen, Verdict, compare
from tests.faults.oracle.access import Record
from tests.faults.oracle.definitions import Ambiguous

VILLAGE, MONTH, SHARD = "34.71.02.1003", "2025-11", 7
AREAS = (VILLAGE, "34.71.02", "34.71")
CHILD, ADULT, POSYANDU, DAY = "child", "adult", "posyandu", "day"
WEIGHED, SHORT, HIGH = (
    {"weight_kg": 10.9},
    {"length_height_cm": 74.2, "height_posture": "lying"},
    {"sbp": 152, "dbp": 96},
)
S1, S2, S3, S4 = (f"00000000-0000-4000-8000-00000000000{n}" for n in range(1, 5))
TASK = "task of S2"


def command(
    kind: Kind, about: str, body: Body, version: int, status: int = 201, **facts: str
) -> tuple[Command, Answer]:
    """Return a command and its answer."""
    made = Command(f"{kind} {about} {version}", kind, "POST", "/", "midwife", VILLAGE, about, body, facts)
    return made, Answer(status, version if status < 300 else None)


def screening(about: str, person: str, day: str, observations: Body) -> tuple[Command, Answer]:
    """Return a recorded screening."""
    body = {"person_id": person, "facility_id": POSYANDU, "occurred_at": f"{day}T02:00:00+00:00"}
    return command("screening", about, {**body, "observations": observations}, 1)


def example() -> Ledger:
    """Return a ledger: a child short by a correction, weighed later; an adult with high pressure; a void screening."""
    ledger = Ledger()
    for made, answer in (
        command("facility", POSYANDU, {"area_code": VILLAGE}, 1),
        command("open_day", DAY, {"facility_id": POSYANDU, "day": "2025-11-20"}, 1),
        command("person", CHILD, {"id": CHILD, "birth_date": "2024-01-05", "home_area": VILLAGE}, 1),
        command("person", ADULT, {"id": ADULT, "birth_date": "1970-06-01", "home_area": VILLAGE}, 1),
        screening(S1, CHILD, "2025-11-10", WEIGHED),
        command("correction", S1, {"observations": SHORT}, 2),
        screening(S2, ADULT, "2025-11-11", HIGH),
        command("task", TASK, {}, 2, 200, screening=S2, action="REFER_PUSKESMAS", move="complete"),
        screening(S3, ADULT, "2025-11-12", {"cough_ge_2w": True}),
        command("void", S3, {}, 2, 200),
        screening(S4, CHILD, "2025-11-15", WEIGHED),
        command("screening", "refused", {}, 1, 422),
    ):
        ledger.intend(made)
        ledger.settle(made.key, answer)
    return ledger


def event(domain: str, name: str, about: str, version: int, sequence: int, **content: str) -> dict[str, Any]:
    """Return an event of the feed."""
    return {
        "id": f"{domain}-{sequence}",
        "type": f"ilp.{domain}.{name}.v1",
        "shard": SHARD,
        "sequence": sequence,
        "aggregateid": about,
        "aggregateversion": version,
        "areacode": VILLAGE,
        "content": content,
    }


def indicator(code: str, numerator: int, **denominators: int) -> dict[str, Any]:
    """Return a number of a situation."""
    return {"code": code, "numerator": numerator, "denominators": denominators}


TASKS = ((S1, "REFER_HOSPITAL", 1), (S2, "REFER_PUSKESMAS", 2), (S3, "FURTHER_TEST", 2))
"""Screening, action, and how many versions its task has."""


def feed() -> dict[str, list[dict[str, Any]]]:
    """Return the archives."""
    changes = [(s, action, version) for s, action, last in TASKS for version in range(1, last + 1)]
    return {
        "registry": [
            event("registry", "facility-registered", POSYANDU, 1, 1),
            event("registry", "person-registered", CHILD, 1, 2),
            event("registry", "person-registered", ADULT, 1, 3),
        ],
        "screening": [
            event("screening", "open-day-scheduled", DAY, 1, 1),
            event("screening", "recorded", S1, 1, 2),
            event("screening", "corrected", S1, 2, 3),
            event("screening", "recorded", S2, 1, 4),
            event("screening", "recorded", S3, 1, 5),
            event("screening", "voided", S3, 2, 6),
            event("screening", "recorded", S4, 1, 7),
        ],
        "cluster": [
            event("cluster", "task-changed", TASK if s == S2 else f"task of {s}", v, n, screening_id=s, action=a)
            for n, (s, a, v) in enumerate(changes, start=1)
        ],
        "monitoring": [],
    }


def situation() -> dict[str, Any]:
    """Return the situation of every area: they all hold the same people."""
    return {
        "indicators": [
            indicator("D_S", 1, real=1),
            indicator("STUNTING", 1, measured=1),
            indicator("BP_ADULT", 1, real=1),
            indicator("TB_SUSPECT", 0, screened=0),
            indicator("FOLLOW_UP_OPEN", 1, opened=2),
        ],
        "completeness": {"reported": 1, "expected": 1},
        "area": {"facilities": {"posyandu": 1}},
        "parked": 0,
    }


def looked() -> Seen:
    """Return what an exact platform shows of it."""
    archives = feed()
    cells = [
        {"area_code": area, "period": MONTH, "indicator": code, "numerator": 1, "denominators": {kind: size}}
        for area in AREAS
        for code, kind, size in (
            ("D_S", "real", 1),
            ("STUNTING", "measured", 1),
            ("BP_ADULT", "real", 1),
            ("FOLLOW_UP_OPEN", "opened", 2),
        )
    ]
    screenings = ((S1, 2, "corrected"), (S2, 1, "final"), (S3, 2, "entered-in-error"), (S4, 1, "final"))
    return Seen(
        feed=archives,
        kafka={("screening", SHARD, e["sequence"]): [record_of(e)] for e in archives["screening"]},
        situations={(area, MONTH): situation() for area in AREAS},
        cells={"34.71": cells},
        persons=[{"id": CHILD, "version": 1}, {"id": ADULT, "version": 1}],
        screenings=[{"id": s, "version": version, "status": status} for s, version, status in screenings],
        tasks=[
            {"screening_id": s, "action": action, "status": status}
            for (s, action, _), status in zip(TASKS, ("requested", "completed", "cancelled"), strict=True)
        ],
        open_days=[{"id": DAY, "version": 1}],
    )


def record_of(archived: dict[str, Any], **other: Any) -> Record:
    """Return an event as Kafka holds it."""
    fields = {
        "event_id": archived["id"],
        "type": archived["type"],
        "aggregate": archived["aggregateid"],
        "version": archived["aggregateversion"],
        "content": archived["content"],
    }
    return Record(**{**fields, **other})


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
