"""What must be true after a run: records, tasks and numbers, from the acknowledged commands alone.

Plain loops over the ledger. A command that was refused, or whose outcome is unknown, adds nothing.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from uuid import UUID

from tests.faults.ledger import Command, Ledger
from tests.faults.oracle import definitions as meaning

EVENT_OF = {
    "facility": "ilp.registry.facility-registered.v1",
    "person": "ilp.registry.person-registered.v1",
    "open_day": "ilp.screening.open-day-scheduled.v1",
    "screening": "ilp.screening.recorded.v1",
    "correction": "ilp.screening.corrected.v1",
    "void": "ilp.screening.voided.v1",
    "task": "ilp.cluster.task-changed.v1",
}
STATUS_AFTER = {"accept": "accepted", "complete": "completed", "cancel": "cancelled"}
Cell = tuple[str, str, str]
"""Area, period, indicator."""


@dataclass
class Visit:
    """A screening as its last acknowledged version left it."""

    id: str
    person: dict[str, Any]
    facility: str
    facility_area: str
    observed: dict[str, Any]
    instant: datetime
    version: int = 1
    voided: bool = False
    asked_for: set[str] = field(default_factory=set)
    """Actions of any version: each has a task, open or cancelled."""
    moves: dict[str, str] = field(default_factory=dict)
    """Status that people gave a task, by action."""

    @property
    def day(self) -> date:
        """The local day at the facility."""
        return meaning.local_day(self.instant, self.facility_area)

    @property
    def month(self) -> str:
        """The month it counts in."""
        return f"{self.day:%Y-%m}"

    @property
    def age_days(self) -> int:
        """Age on that day."""
        return (self.day - date.fromisoformat(self.person["birth_date"])).days

    @property
    def adult(self) -> bool:
        """Eighteen years or more on that day (the workload has no person near that birthday)."""
        return self.age_days > 19 * 366

    def wanted(self) -> set[str]:
        """Actions that the last version asks for."""
        if self.voided:
            return set()
        return meaning.actions_of(self.observed, self.age_days, adult=self.adult)

    def tasks(self) -> Iterator[tuple[str, str]]:
        """Return (action, status) of every task it has opened."""
        actions = self.wanted()
        for action in self.asked_for:
            yield action, self.moves.get(action) or ("requested" if action in actions else "cancelled")


class Expected:
    """Everything that must be, and nothing else may be."""

    def __init__(self, ledger: Ledger) -> None:
        self.persons: dict[str, dict[str, Any]] = {}
        self.facilities: dict[str, str] = {}
        """Posyandu and their villages."""
        self.open_days: dict[str, tuple[str, str]] = {}
        """Open days: facility and month."""
        self.visits: dict[str, Visit] = {}
        self.events: Counter[tuple[str, int, str]] = Counter()
        """(record, version, type) of each acknowledged command."""
        for entry in ledger.acknowledged():
            assert entry.answer is not None
            command, version = entry.command, entry.answer.version or 1
            self.events[command.about, version, EVENT_OF[command.kind]] += 1
            if command.kind == "person":
                self.persons[command.about] = command.body
            elif command.kind == "facility":
                self.facilities[command.about] = command.body["area_code"]
            elif command.kind == "open_day":
                self.open_days[command.about] = (command.body["facility_id"], command.body["day"][:7])
        self._follow_screenings(ledger)

    def _follow_screenings(self, ledger: Ledger) -> None:
        changes = [(e.answer.version or 1, e.command) for e in ledger.acknowledged() if e.answer is not None]
        for version, command in sorted(changes, key=lambda change: change[0]):
            if command.kind == "screening":
                self.visits[command.about] = self._visit(command)
            elif command.kind in ("correction", "void"):
                _amend(self.visits[command.about], version, command)
            elif command.kind == "task":
                visit = self.visits[command.facts["screening"]]
                visit.moves[command.facts["action"]] = STATUS_AFTER[command.facts["move"]]

    def _visit(self, command: Command) -> Visit:
        body = command.body
        person, area = self.persons[body["person_id"]], self.facilities[body["facility_id"]]
        instant = datetime.fromisoformat(body["occurred_at"])
        visit = Visit(command.about, person, body["facility_id"], area, body["observations"], instant)
        visit.asked_for |= visit.wanted()
        return visit

    def villages(self) -> set[str]:
        """Return every village of the run."""
        return set(self.facilities.values())

    def months(self) -> set[str]:
        """Return every month in which something counts."""
        return {visit.month for visit in self.visits.values()} | {month for _, month in self.open_days.values()}

    def tasks(self) -> dict[tuple[str, str], str]:
        """Status by screening and action."""
        return {(v.id, action): status for v in self.visits.values() for action, status in v.tasks()}


def _amend(visit: Visit, version: int, command: Command) -> None:
    visit.version = version
    if command.kind == "void":
        visit.voided = True
        return
    visit.observed = command.body["observations"]
    if "occurred_at" in command.body:
        visit.instant = datetime.fromisoformat(command.body["occurred_at"])
    visit.asked_for |= visit.wanted()


def levels(village: str) -> list[str]:
    """Return a village, its district and its regency."""
    return [village, village[:8], village[:5]]


def expected_cells(expected: Expected) -> dict[Cell, tuple[int, int]]:
    """Numerator and denominator of every number of every area of the run; the sasaran-based have denominator 0."""
    cells: dict[Cell, list[int]] = defaultdict(lambda: [0, 0])
    by_person: dict[tuple[str, str], list[Visit]] = defaultdict(list)
    for visit in expected.visits.values():
        if not visit.voided:
            by_person[visit.month, visit.person["id"]].append(visit)
    for (month, _), visits in by_person.items():
        visits.sort(key=lambda visit: (visit.day, visit.instant, UUID(visit.id)))
        for area in levels(visits[-1].person["home_area"]):
            for indicator, numerator, denominator in _counts_of_person(month, visits):
                cells[area, month, indicator][0] += numerator
                cells[area, month, indicator][1] += denominator
    for visit in expected.visits.values():
        for _, status in visit.tasks():
            if status != "cancelled":
                for area in levels(visit.person["home_area"]):
                    cells[area, visit.month, "FOLLOW_UP_OPEN"][0] += status in ("requested", "accepted")
                    cells[area, visit.month, "FOLLOW_UP_OPEN"][1] += 1
    return {cell: (numbers[0], numbers[1]) for cell, numbers in cells.items()}


def _counts_of_person(month: str, visits: list[Visit]) -> Iterator[tuple[str, int, int]]:
    """Return what one person adds in one month, each indicator once."""
    born = visits[-1].person["birth_date"][:7]
    if meaning.is_under_five(born, month):
        if any("weight_kg" in visit.observed for visit in visits):
            yield "D_S", 1, 0
        measured = [s for v in visits if (s := meaning.is_stunted(v.observed, v.age_days)) is not None]
        if measured:
            yield "STUNTING", int(measured[-1]), 1
    if meaning.is_adult(born, month) and any(meaning.has_blood_pressure(visit.observed) for visit in visits):
        yield "BP_ADULT", 1, 0
    asked = [s for v in visits if (s := meaning.is_tb_suspect(v.observed, adult=v.adult)) is not None]
    if asked:
        yield "TB_SUSPECT", int(any(asked)), 1


def expected_completeness(expected: Expected) -> dict[tuple[str, str], tuple[int, int]]:
    """Posyandu that reported, and posyandu with an open day, by area and month."""
    open_days = set(expected.open_days.values())
    reported = {(visit.facility, visit.month) for visit in expected.visits.values() if not visit.voided}
    totals: Counter[tuple[str, str]] = Counter()
    active: Counter[tuple[str, str]] = Counter()
    for facility, month in open_days:
        for area in levels(expected.facilities[facility]):
            totals[area, month] += 1
            active[area, month] += (facility, month) in reported
    return {place: (active[place], number) for place, number in totals.items()}
