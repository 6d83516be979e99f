"""Drafts the commands of a fault run from a seeded rng: made-up people, their screenings, corrections, voids, tasks.

Measured values lie far from every limit of the rules, so that what a screening means needs no growth table.
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from tests.faults.ledger import Body, Command, Kind

CHILD_DAYS = (646, 697)
"""Age today of every child: 21 to 23 months, and not below 19 at the end of last month."""
CHILD_VISITS: Sequence[Body] = (
    {"weight_kg": 10.9},
    {"weight_kg": 11.2, "length_height_cm": 85.1, "height_posture": "lying"},
    {"length_height_cm": 84.6, "height_posture": "lying"},
    {"length_height_cm": 74.2, "height_posture": "lying"},
    {"weight_kg": 11.0, "cough_ge_2w": True},
    {
        "cough_ge_2w": False,
        "fever_gt_2w": False,
        "weight_loss_or_no_gain_2mo": False,
        "listless": False,
        "close_contact_tb": False,
    },
)
ADULT_VISITS: Sequence[Body] = (
    {"sbp": 112, "dbp": 72},
    {"sbp": 134, "dbp": 87},
    {"sbp": 152, "dbp": 96},
    {"cough": False, "close_contact_tb": False},
    {"cough_ge_2w": True},
    {"sbp": 116, "dbp": 74, "cough_ge_2w": True},
)
ZONES = (7, 8, 9)
"""Hours ahead of UTC in WIB, WITA and WIT."""
SUSPECT: Body = {"cough_ge_2w": True}
"""Opens one task, for children and adults alike."""
IMPOSSIBLE: Body = {"weight_kg": 999.0}


@dataclass(frozen=True)
class Village:
    """Where a run works: a village and its posyandu."""

    code: str
    facility: str

    @property
    def regency(self) -> str:
        """The regency, whose events share one shard."""
        return self.code[:5]


@dataclass(frozen=True)
class Person:
    """Somebody of a village."""

    id: str
    village: Village
    child: bool


@dataclass
class Recorded:
    """A screening that was acknowledged, as its sender remembers it."""

    id: str
    person: Person
    version: int = 1
    closed: bool = False
    """Voided, or one of its tasks was moved: it is left alone from then on."""


class Drafts:
    """A stream of commands that depends on nothing but the rng, the villages and the day."""

    def __init__(self, rng: random.Random, villages: Sequence[Village], now: datetime) -> None:
        self._rng, self._villages, self._now = rng, villages, now
        self._open_days: set[tuple[str, date]] = set()

    def new_id(self) -> str:
        """Return an id or key of the seed's."""
        return str(UUID(int=self._rng.getrandbits(128), version=4))

    def facility(self, village: Village) -> Command:
        """Return the village's posyandu."""
        body = {"id": village.facility, "kind": "posyandu", "name": "Posyandu Uji", "area_code": village.code}
        return self._command("facility", "/registry/v1/facilities", village.regency, village.facility, body, "dinas")

    def open_day(self, village: Village) -> Command:
        """Another open day of the village's posyandu, in one of the two months the run works in."""
        open_day, day = self.new_id(), self._day()
        while (village.code, day) in self._open_days:
            day = self._day()
        self._open_days.add((village.code, day))
        body = {"id": open_day, "facility_id": village.facility, "day": day.isoformat()}
        facts = {"village": village.code}
        return self._command("open_day", "/screening/v1/open-days", village.code, open_day, body, facts=facts)

    def person(self, village: Village | None = None) -> tuple[Person, Command]:
        """Somebody new: a child or an adult."""
        home, child = village or self._rng.choice(self._villages), self._rng.random() < 0.6
        person = Person(self.new_id(), home, child)
        days = self._rng.randint(*CHILD_DAYS) if child else self._rng.randint(20 * 366, 80 * 365)
        body = {
            "id": person.id,
            "name": "Contoh Orang",
            "sex": self._rng.choice(("female", "male")),
            "birth_date": (self._now.date() - timedelta(days=days)).isoformat(),
            "home_area": home.code,
        }
        return person, self._command("person", "/registry/v1/persons", home.code, person.id, body)

    def screening(self, person: Person, observations: Body | None = None) -> Command:
        """Return a screening of somebody at their own posyandu."""
        screening = self.new_id()
        body: Body = {
            "id": screening,
            "person_id": person.id,
            "facility_id": person.village.facility,
            "occurred_at": self.instant().isoformat(),
            "observations": observations or self._visit(person),
        }
        return self._command("screening", "/screening/v1/screenings", person.village.code, screening, body)

    def correction(self, recorded: Recorded, base_version: int | None = None) -> Command:
        """Other observations for a screening, now and then another day too."""
        body: Body = {
            "base_version": base_version or recorded.version,
            "observations": self._visit(recorded.person),
            "reason": "wrong_value",
        }
        if self._rng.random() < 0.3:
            body["occurred_at"] = self.instant().isoformat()
        return self._amending("correction", recorded, "corrections", body)

    def void(self, recorded: Recorded) -> Command:
        """Take a screening back."""
        return self._amending("void", recorded, "void", {"base_version": recorded.version, "reason": "duplicate"})

    def task_move(self, task: Body, screening: Recorded) -> Command:
        """Accept, complete or cancel a task as it was shown."""
        move = self._rng.choice(("accept", "complete", "cancel"))
        body: Body = {"base_version": task["version"]}
        body |= {"complete": {"outcome": "attended"}, "cancel": {"reason": "duplicate"}}.get(move, {})
        facts = {"move": move, "screening": screening.id, "action": task["action"]}
        path = f"/cluster-services/v1/tasks/{task['id']}/{move}"
        return self._command("task", path, screening.person.village.code, task["id"], body, facts=facts)

    def instant(self) -> datetime:
        """Return a past moment of this month or the last, often close to midnight at the end of last month."""
        border = self._now.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
        if self._rng.random() < 0.25:
            return border - timedelta(hours=self._rng.choice(ZONES), minutes=self._rng.randint(-60, 60))
        return self._now - timedelta(minutes=self._rng.randint(120, 20 * 24 * 60))

    def _day(self) -> date:
        return (self.instant() + timedelta(hours=8)).date()

    def _visit(self, person: Person) -> Body:
        return dict(self._rng.choice(CHILD_VISITS if person.child else ADULT_VISITS))

    def _amending(self, kind: Kind, recorded: Recorded, route: str, body: Body) -> Command:
        path = f"/screening/v1/screenings/{recorded.id}/{route}"
        return self._command(kind, path, recorded.person.village.code, recorded.id, body)

    def _command(
        self, kind: Kind, path: str, area: str, about: str, body: Body, role: str = "midwife", facts: Body | None = None
    ) -> Command:
        return Command(self.new_id(), kind, "POST", path, role, area, about, body, facts or {})
