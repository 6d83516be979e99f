"""A small world written down by hand: what was acknowledged, and what an exact platform shows of it.

The numbers are literals, counted by a person, not by the oracle's own code.
"""

from typing import Any

from tests.faults.ledger import Answer, Body, Command, Kind, Ledger
from tests.faults.oracle import Seen
from tests.faults.oracle.access import Record

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
