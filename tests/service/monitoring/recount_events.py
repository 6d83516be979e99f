"""Builds events as registry, screening and cluster-services raise them, to compare projection and recount."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID, uuid4

from ilp_shared.bus.contract.envelope import NewEvent
from ilp_shared.events.base import EventData
from ilp_shared.events.cluster.v1 import TaskChanged, TaskStatus
from ilp_shared.events.registry.v1 import AreaNode, AreaTreePublished, FacilityRegistered, PersonRegistered
from ilp_shared.events.screening.v1 import (
    OpenDayScheduled,
    ScreeningCorrected,
    ScreeningRecorded,
    ScreeningResult,
    ScreeningVoided,
)

VILLAGES = ("13.76.01.1002", "13.76.01.1003", "13.76.02.1001", "14.72.06.1001", "62.10.02.1012")
HOMES = (*VILLAGES, "13.76.01.1002.RW-01")

STUNTED = ScreeningResult(code="length_height_for_age", category="hfa_stunted", z=-2.4)
TALL_ENOUGH = ScreeningResult(code="length_height_for_age", category="hfa_normal", z=0.3)
IMPLAUSIBLE = ScreeningResult(code="length_height_for_age", category="hfa_severely_stunted", z=-7.1, flag="implausible")
PRESSURE = ScreeningResult(code="blood_pressure", category="optimal")
TB_SUSPECT = ScreeningResult(code="tb_symptoms", category="suspect")
TB_CLEAR = ScreeningResult(code="tb_symptoms", category="not_suspect")
RESULTS = (STUNTED, TALL_ENOUGH, IMPLAUSIBLE, PRESSURE, TB_SUSPECT, TB_CLEAR)


@dataclass(frozen=True)
class Place:
    """A facility; its kind decides whether it counts for completeness."""

    area: str
    kind: str = "posyandu"
    id: UUID = field(default_factory=uuid4)


@dataclass(frozen=True)
class Somebody:
    """A person with a birth date; `home` is where they were registered first."""

    home: str
    born: date = date(2024, 3, 1)
    sex: str = "male"
    id: UUID = field(default_factory=uuid4)


def _event(data: EventData, aggregate: UUID, version: int, home: str, at: datetime | None = None) -> NewEvent:
    occurred = at or datetime(2026, 11, 5, 2, 30, tzinfo=UTC)
    return NewEvent(data, aggregate, version, home_area=home, area_code=home, occurred_at=occurred)


def area_tree(root: str, villages: Sequence[str], version: int = 1, aggregate: UUID | None = None) -> NewEvent:
    """Publish a regency with its province, districts and villages."""
    codes = {root[:2]: "province", root: "regency", **{v[:8]: "district" for v in villages}}
    codes |= dict.fromkeys(villages, "village")
    areas = [
        AreaNode(
            code=code, name=f"Wilayah {code}", level=level, kind=level, parent_code=code.rpartition(".")[0] or "id"
        )
        for code, level in codes.items()
    ]
    data = AreaTreePublished(root=root, dataset="test", areas=areas)
    return _event(data, aggregate or uuid4(), version, root)


def facility(place: Place, version: int = 1) -> NewEvent:
    """Register a facility."""
    data = FacilityRegistered.model_validate(
        {
            "facility_id": place.id,
            "kind": place.kind,
            "name": "Contoh",
            "area_code": place.area,
            "timezone": "Asia/Jakarta",
        }
    )
    return _event(data, place.id, version, place.area)


def person(who: Somebody, version: int = 1, *, home: str | None = None, active: bool = True) -> NewEvent:
    """Register a person, move them (`home`), or let them leave (`active=False`)."""
    data = PersonRegistered.model_validate(
        {"person_id": who.id, "sex": who.sex, "birth_date": who.born, "home_area": home or who.home, "active": active}
    )
    return _event(data, who.id, version, who.home)


def open_day(place: Place, day: date, open_day_id: UUID, version: int = 1, *, cancelled: bool = False) -> NewEvent:
    """Schedule an open day; later versions move or cancel it."""
    data = OpenDayScheduled(
        open_day_id=open_day_id,
        facility_id=place.id,
        facility_kind=place.kind,
        facility_area=place.area,
        day=day,
        cancelled=cancelled,
    )
    return _event(data, open_day_id, version, place.area)


def screening(
    who: Somebody,
    place: Place,
    day: date,
    results: Sequence[ScreeningResult] = (),
    *,
    screening_id: UUID | None = None,
    version: int = 1,
    home: str | None = None,
    weighed: bool = True,
    minute: int = 0,
) -> NewEvent:
    """Record a screening (version 1), or correct it (later versions)."""
    aggregate = screening_id or uuid4()
    content = {
        "screening_id": aggregate,
        "person_id": who.id,
        "facility_id": place.id,
        "facility_kind": place.kind,
        "facility_area": place.area,
        "home_area": home or who.home,
        "sex": who.sex,
        "birth_month": who.born.strftime("%Y-%m"),
        "age_days": (day - who.born).days,
        "day": day,
        "observed": ("weight_kg",) if weighed else (),
        "results": tuple(results),
        "performer_role": "kader",
    }
    data = (
        ScreeningRecorded.model_validate(content)
        if version == 1
        else ScreeningCorrected.model_validate({**content, "reason": "wrong_value"})
    )
    at = datetime.combine(day, time(2, 0), tzinfo=UTC) + timedelta(minutes=minute)
    return _event(data, aggregate, version, place.area, at)


def void(recorded: NewEvent, version: int) -> NewEvent:
    """Void a screening."""
    was = recorded.data
    assert isinstance(was, ScreeningRecorded | ScreeningCorrected)
    data = ScreeningVoided(
        screening_id=was.screening_id,
        person_id=was.person_id,
        facility_id=was.facility_id,
        home_area=was.home_area,
        day=was.day,
        reason="duplicate",
    )
    return _event(data, was.screening_id, version, recorded.home_area)


def task(who: Somebody, opened: date, status: TaskStatus, task_id: UUID, version: int = 1) -> NewEvent:
    """Open a follow-up task, or move it to another state."""
    data = TaskChanged(
        task_id=task_id,
        kind="follow_up",
        action="REPEAT",
        status=status,
        person_id=who.id,
        screening_id=task_id,
        home_area=who.home,
        opened_day=opened,
        due_at=datetime.combine(opened, time(0), tzinfo=UTC) + timedelta(days=30),
        result_code="blood_pressure",
    )
    return _event(data, task_id, version, who.home)


DAY, LATER = date(2026, 11, 5), date(2026, 11, 19)


def story() -> list[NewEvent]:
    """Return a month with everything: one of three regencies takes part; corrections, a void, a move, tasks."""
    posyandu, quiet, clinic = Place(VILLAGES[0]), Place(VILLAGES[2]), Place("13.76.01", "puskesmas")
    child, sister = Somebody(VILLAGES[0]), Somebody("13.76.01.1002.RW-01", date(2022, 1, 9), "female")
    adult, far = Somebody(VILLAGES[1], date(1980, 5, 1)), Somebody(VILLAGES[3], date(1990, 5, 1), "female")
    people = (child, sister, adult, far, Somebody(VILLAGES[0], date(2026, 11, 20)))
    cancelled, errand, visit = uuid4(), uuid4(), uuid4()
    first = screening(child, posyandu, DAY, [TALL_ENOUGH])
    mistaken = screening(sister, posyandu, DAY, [STUNTED])
    return [
        area_tree("13.76", VILLAGES[:3]),
        area_tree("14.72", VILLAGES[3:4]),
        area_tree("14.01", ["14.01.01.2001"]),
        *(facility(place) for place in (posyandu, quiet, clinic, Place(VILLAGES[0]))),
        *(person(one) for one in people),
        person(adult, 2, home=VILLAGES[4]),
        *(open_day(place, DAY, uuid4()) for place in (posyandu, quiet)),
        open_day(quiet, LATER, cancelled),
        open_day(quiet, LATER, cancelled, 2, cancelled=True),
        first,
        screening(child, posyandu, DAY, [STUNTED], screening_id=first.aggregate_id, version=2),
        screening(child, clinic, LATER, [IMPLAUSIBLE], home=VILLAGES[1]),
        mistaken,
        void(mistaken, 2),
        screening(adult, posyandu, DAY, [PRESSURE, TB_SUSPECT], weighed=False),
        screening(adult, posyandu, date(2026, 10, 30), [PRESSURE, TB_CLEAR], weighed=False, screening_id=visit),
        screening(far, clinic, DAY, [PRESSURE], weighed=False),
        task(adult, DAY, "requested", errand),
        task(adult, DAY, "completed", errand, 2),
        task(far, DAY, "requested", uuid4()),
    ]
