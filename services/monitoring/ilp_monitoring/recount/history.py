"""Present state by the events so far: screenings, tasks, open days, residents, area trees, facilities.

Keeps of each aggregate only its highest version, and of each payload only what is counted.
"""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, timezone
from typing import Any, TypeVar
from uuid import UUID

from ilp_monitoring.recount.archive_repository import Archived

T = TypeVar("T")

_WITA = {"51", "52", "53", "63", "64", "65", "71", "72", "73", "74", "75", "76"}
_WIT = {"81", "82", "91", "92", "93", "94", "95", "96"}
"""Provinces by zone (Keputusan Presiden 41/1987); all others keep WIB."""

SCREENING_TYPES = (
    "ilp.screening.recorded.v1",
    "ilp.screening.corrected.v1",
    "ilp.screening.voided.v1",
    "ilp.screening.open-day-scheduled.v1",
)
REGISTRY_TYPES = (
    "ilp.registry.person-registered.v1",
    "ilp.registry.area-tree-published.v1",
    "ilp.registry.facility-registered.v1",
)
CLUSTER_TYPES = ("ilp.cluster.task-changed.v1",)


@dataclass(frozen=True, slots=True)
class Visit:
    """A screening that counts. `stunted` and `tb_suspect` are None when it holds no usable result."""

    person: str
    facility: str
    village: str
    birth_month: str
    order: tuple[str, datetime, UUID]
    """Local day, instant, id: the last visit of a period is the greatest."""
    weighed: bool
    stunted: bool | None
    bp: bool
    tb_suspect: bool | None


@dataclass(frozen=True, slots=True)
class Arrival:
    """A screening as it was first recorded; what came later changes nothing."""

    area: str
    minute: str
    """`YYYY-MM-DDTHH:MM`, UTC."""
    facility: str
    weighed: bool


@dataclass(frozen=True, slots=True)
class Task:
    """A follow-up task in its latest state."""

    village: str
    month: str
    status: str
    due: str
    """Local day, `YYYY-MM-DD`."""


@dataclass(frozen=True, slots=True)
class OpenDay:
    """An open day of a facility that was not cancelled."""

    facility: str
    kind: str
    village: str
    month: str


@dataclass(frozen=True, slots=True)
class Resident:
    """A person of the master index who is active."""

    village: str
    birth_month: str
    sex: str


@dataclass(frozen=True, slots=True)
class Area:
    """An area as published; `parent` is one level up, the nation above a province."""

    code: str
    name: str
    level: str
    kind: str
    parent: str | None = None
    lat: float | None = None
    lng: float | None = None


@dataclass(frozen=True, slots=True)
class Tree:
    """The areas of a regency, its province among them."""

    root: str
    areas: tuple[Area, ...]

    @property
    def villages(self) -> tuple[str, ...]:
        """Codes of the villages."""
        return tuple(area.code for area in self.areas if area.level == "village")


@dataclass(frozen=True, slots=True)
class Facility:
    """A facility of the register; `area` may lie below a village."""

    kind: str
    name: str
    area: str
    example: bool


def village_of(area: str) -> str:
    """Cut an area code below the village (dusun, RW, RT) to its village: the first four segments."""
    return ".".join(area.split(".")[:4])


def local_day(instant: str, area: str) -> str:
    """Return the day of an instant in an area: WIB, WITA or WIT (UTC+7, +8, +9), by province."""
    hours = 9 if area[:2] in _WIT else 8 if area[:2] in _WITA else 7
    return datetime.fromisoformat(instant).astimezone(timezone(timedelta(hours=hours))).date().isoformat()


@dataclass
class History:
    """Present state by aggregate: (version, what it says), where None says that it counts nowhere."""

    visits: dict[UUID, tuple[int, Visit | None]] = field(default_factory=dict)
    arrivals: dict[UUID, Arrival] = field(default_factory=dict)
    tasks: dict[UUID, tuple[int, Task | None]] = field(default_factory=dict)
    open_days: dict[UUID, tuple[int, OpenDay | None]] = field(default_factory=dict)
    residents: dict[UUID, tuple[int, Resident | None]] = field(default_factory=dict)
    trees: dict[UUID, tuple[int, Tree | None]] = field(default_factory=dict)
    facilities: dict[UUID, tuple[int, Facility | None]] = field(default_factory=dict)

    def learn(self, event: Archived) -> None:
        """Take one event in; an older version than the one known changes nothing."""
        data = event.data
        if event.type == "ilp.screening.recorded.v1":
            self.arrivals.setdefault(event.aggregate_id, _arrival(event))
        if event.type == "ilp.screening.voided.v1":
            _keep(self.visits, event, None)
        elif event.type in ("ilp.screening.recorded.v1", "ilp.screening.corrected.v1"):
            _keep(self.visits, event, _visit(event))
        elif event.type == "ilp.screening.open-day-scheduled.v1":
            _keep(self.open_days, event, None if data["cancelled"] else _open_day(data))
        elif event.type == "ilp.cluster.task-changed.v1":
            due = local_day(data["due_at"], data["home_area"])
            task = Task(village_of(data["home_area"]), data["opened_day"][:7], data["status"], due)
            _keep(self.tasks, event, task)
        elif event.type == "ilp.registry.person-registered.v1":
            resident = Resident(village_of(data["home_area"]), data["birth_date"][:7], data["sex"])
            _keep(self.residents, event, resident if data["active"] else None)
        elif event.type == "ilp.registry.area-tree-published.v1":
            _keep(self.trees, event, Tree(data["root"], tuple(map(_area, data["areas"]))))
        elif event.type == "ilp.registry.facility-registered.v1":
            state = Facility(data["kind"], data["name"], data["area_code"], data["example_data"])
            _keep(self.facilities, event, state)


def _keep(states: dict[UUID, tuple[int, T | None]], event: Archived, state: T | None) -> None:
    known = states.get(event.aggregate_id)
    if known is None or known[0] < event.version:
        states[event.aggregate_id] = (event.version, state)


def _area(node: dict[str, Any]) -> Area:
    parent = node["parent_code"] or "id"
    return Area(node["code"], node["name"], node["level"], node["kind"], parent, node["lat"], node["lng"])


def _open_day(data: dict[str, Any]) -> OpenDay:
    return OpenDay(data["facility_id"], data["facility_kind"], village_of(data["facility_area"]), data["day"][:7])


def _arrival(event: Archived) -> Arrival:
    data, minute = event.data, event.recorded_at.astimezone(UTC).isoformat()[:16]
    return Arrival(village_of(data["facility_area"]), minute, data["facility_id"], "weight_kg" in data["observed"])


def _visit(event: Archived) -> Visit:
    data = event.data
    stunted: bool | None = None
    tb_suspect: bool | None = None
    pressure = False
    for result in data["results"]:
        code = result["code"]
        if code == "length_height_for_age" and result["z"] is not None and result["flag"] is None:
            stunted = result["category"] in ("hfa_stunted", "hfa_severely_stunted")
        elif code == "blood_pressure":
            pressure = True
        elif code == "tb_symptoms":
            tb_suspect = bool(tb_suspect) or result["category"] == "suspect"
    return Visit(
        person=data["person_id"],
        facility=data["facility_id"],
        village=village_of(data["home_area"]),
        birth_month=data["birth_month"],
        order=(data["day"], event.occurred_at, event.aggregate_id),
        weighed="weight_kg" in data["observed"],
        stunted=stunted,
        bp=pressure,
        tb_suspect=tb_suspect,
    )
