"""One screening of one resident as a kader or midwife enters it: its measurements, time and keys.

Pure.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from uuid import UUID

from deploy.dev.demo.growth import Child, answer_tb, measure_adult, measure_child
from deploy.dev.demo.network import Facility
from deploy.dev.demo.population import Resident
from deploy.dev.demo.seeded import demo_id, dice, share
from deploy.dev.demo.steps import Body, Sender, Step
from deploy.dev.demo.trends import height_z
from ilp_shared.areas import zone_of

OPENS = time(8, 0)
CLOSES = time(10, 0)
ATTENDANCE = 0.86
TB_SUSPECTS = 0.01
SEVERE_PRESSURE = 0.015
MIDWIFE_SHARE = 0.3


@dataclass(frozen=True)
class Visit:
    """A screening to be recorded; `worrying` ones are followed up by a midwife later that morning."""

    id: UUID
    person: UUID
    facility: UUID
    village: str
    open_day: UUID
    occurred_at: str
    observations: Body
    role: str
    worrying: bool

    @property
    def key(self) -> str:
        """Its idempotency key, the same in every run of the same day."""
        return str(demo_id("record", self.id))

    @property
    def sender(self) -> Sender:
        """Return who enters it: a kader of the village or its midwife."""
        return Sender(self.role, self.village)

    def body(self) -> Body:
        """Return the body of the command."""
        return {
            "id": str(self.id),
            "person_id": str(self.person),
            "facility_id": str(self.facility),
            "open_day_id": str(self.open_day),
            "occurred_at": self.occurred_at,
            "observations": self.observations,
            "performer": {"role": self.role},
        }

    def item(self) -> Body:
        """Return its item in a batch."""
        return {"idempotency_key": self.key, **self.body()}

    def record(self) -> Step:
        """Return the step that sends it alone."""
        return Step(self.sender, "/screening/v1/screenings", self.body(), self.key)


def batch(visits: Sequence[Visit], sender: Sender | None = None) -> Step:
    """Return the step that sends visits together, as a phone does when it is online again."""
    return Step(sender or visits[0].sender, "/screening/v1/screenings:batch", items=[visit.item() for visit in visits])


@dataclass(frozen=True)
class OpenDay:
    """A posyandu's open day on one day, and what is special about it."""

    posyandu: Facility
    day: date
    seed: int
    alarming: bool = False

    @property
    def id(self) -> UUID:
        """The open day's identifier."""
        return demo_id(self.seed, "open-day", self.posyandu.id, self.day)

    def schedule(self) -> Step:
        """Return the step that schedules the day."""
        body = {"id": str(self.id), "facility_id": str(self.posyandu.id), "day": self.day.isoformat()}
        sender = Sender("midwife", self.posyandu.village)
        return Step(sender, "/screening/v1/open-days", body, str(demo_id("schedule", self.id)))

    @property
    def role(self) -> str:
        """Return who enters what is measured on this day."""
        return "midwife" if dice(self.seed, "role", self.posyandu.id).random() < MIDWIFE_SHARE else "kader"

    def visits(self, residents: Sequence[Resident]) -> list[Visit]:
        """Return the visits of the residents who come."""
        role = self.role
        coming = [person for person in residents if person.age_days(self.day) >= 0 and self.comes(person)]
        return [self.visit(person, role, place) for place, person in enumerate(coming)]

    def comes(self, person: Resident) -> bool:
        """Tell whether a resident comes; all come where danger signs are found."""
        return self.alarming or dice(self.seed, "comes", person.id, self.day).random() < ATTENDANCE

    def screening_id(self, person: Resident) -> UUID:
        """Return the id of a resident's screening on this day."""
        return demo_id(self.seed, "screening", person.id, self.day)

    def visit(self, person: Resident, role: str, place: int = 0) -> Visit:
        """Return the visit of one resident, the `place`-th of the day."""
        chance = dice(self.seed, "measured", person.id, self.day)
        suspect = chance.random() < TB_SUSPECTS or (self.alarming and place % 3 == 1)
        if person.is_child(self.day):
            worst = self.alarming and place % 3 == 0
            child = Child(person.sex, person.age_days(self.day))
            z = height_z(self.seed, person.id, self.day)
            measurements = measure_child(child, chance, wasted=worst, height_z=z)
            observations = measurements | answer_tb(child=True, suspect=suspect)
        else:
            worst = chance.random() < SEVERE_PRESSURE
            years = person.age_days(self.day) // 365
            observations = measure_adult(years, chance, severe=worst) | answer_tb(child=False, suspect=suspect)
        opens = datetime.combine(self.day, OPENS, zone_of(person.village))
        minutes = 115 * share(self.seed, "seen", person.id, self.day)
        return Visit(
            id=self.screening_id(person),
            person=person.id,
            facility=self.posyandu.id,
            village=person.village,
            open_day=self.id,
            occurred_at=(opens + timedelta(minutes=int(minutes))).isoformat(),
            observations=observations,
            role=role,
            worrying=worst or suspect,
        )
