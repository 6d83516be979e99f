"""The months before the demonstration day in one district: who was registered, which posyandu opened, who came.

Nothing goes wrong here, and everything is drawn by seed and month, never by the day of the run: a month is the same in
every run, and what is sent twice counts once. Pure.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from uuid import UUID

from deploy.dev.demo.growth import answer_tb, measure_adult
from deploy.dev.demo.morning import Villages, last_month
from deploy.dev.demo.network import District, Facility
from deploy.dev.demo.population import Resident, everybody, present
from deploy.dev.demo.preparation import Settings, by_posyandu
from deploy.dev.demo.seeded import demo_id, dice, share
from deploy.dev.demo.trends import attendance
from deploy.dev.demo.visits import OpenDay, Visit

CLOSED = 0.06
SILENT = 0.03
FIRST_DAY, DAYS = 5, 18
"""A posyandu's day of the month lies from the 5th to the 22nd: 13 months back are never older than services accept."""
ADULTS_COME = 0.85


def months_before(day: date, count: int) -> list[date]:
    """Return the first days of the `count` months before that of a day, the newest first."""
    index = day.year * 12 + day.month - 1
    return [date((index - ago) // 12, (index - ago) % 12 + 1, 1) for ago in range(1, count + 1)]


@dataclass(frozen=True)
class PastDay(OpenDay):
    """A posyandu's open day of an earlier month: children come by the trend, an adult once a year, in their month."""

    @property
    def role(self) -> str:
        """Return who enters it: the midwife, when the lists of a month are entered together."""
        return "midwife"

    def comes(self, person: Resident) -> bool:
        """Tell whether a resident comes."""
        chance = dice(self.seed, "came", person.id, self.day).random()
        if person.is_child(self.day):
            return chance < attendance(self.day)
        own_month = 1 + int(12 * share(self.seed, "month", person.id))
        return self.day.month == own_month and chance < ADULTS_COME

    def screening_id(self, person: Resident) -> UUID:
        """Return the id of a resident's screening: another one than if this day had been a demonstration day."""
        return demo_id(self.seed, "past screening", person.id, self.day)


@dataclass(frozen=True)
class Month:
    """Everything of one district and month. `last` is sent when all the others have been accepted, and opens tasks.

    All events of a district are one shard, in order: when the tasks of `last` are there, those of the month are.
    """

    first: date
    last: Visit
    days: tuple[PastDay, ...]
    people: dict[UUID, list[Resident]]

    def visits(self) -> Iterator[Visit]:
        """Return the other visits; those of silent posyandu were never sent."""
        for day in self.days:
            if share(day.seed, "silent", day.id) >= SILENT or day.id == self.last.open_day:
                coming = (person for person in self.people[day.posyandu.id] if person.id != self.last.person)
                yield from day.visits(list(coming))


class History:
    """The past months of one district."""

    def __init__(self, district: District, posyandu: Sequence[Facility], settings: Settings) -> None:
        self.district, self._settings = district, settings
        self._special = Villages.of(district.code, (facility.village for facility in posyandu))
        self._people = everybody(posyandu, settings.seed, settings.day.year)
        self.posyandu = [p for p in posyandu if self._special.chosen(p.village, settings.scale)]
        self._first = {p.village: p for p in reversed(self.posyandu)}

    def residents(self, months: Sequence[date]) -> list[Resident]:
        """Return who has to be registered for these months: the residents of the posyandu taking part."""
        taking_part = {p.id for p in self.posyandu}
        people = {r.id: r for first in months for r in present(self._people, first.replace(day=FIRST_DAY + DAYS))}
        return [resident for resident in people.values() if resident.posyandu in taking_part]

    def month(self, first: date) -> Month:
        """Return one month by its first day."""
        people = by_posyandu(present(self._people, first.replace(day=FIRST_DAY + DAYS)))
        days = [self._day(facility, first) for facility in self.posyandu if self._opens(facility, first)]
        place = self._first[self._special.voided]
        patient = next(r for r in people[place.id] if not r.is_child(first))
        return Month(first, self._last(self._day(place, first), patient), tuple(days), people)

    def _day(self, posyandu: Facility, first: date) -> PastDay:
        number = FIRST_DAY + int(DAYS * share(self._settings.seed, "day of the month", posyandu.id))
        return PastDay(posyandu, first.replace(day=number), self._settings.seed)

    def _opens(self, posyandu: Facility, first: date) -> bool:
        if posyandu == self._first[self._special.voided]:
            return True
        sends_late = posyandu == self._first[self._special.late]
        if sends_late and first == last_month(self._settings.day).replace(day=1):
            return False  # the demonstration day sends that posyandu's day of last month
        return share(self._settings.seed, "closed", posyandu.id, first) >= CLOSED

    def _last(self, day: PastDay, patient: Resident) -> Visit:
        """Return the visit of a patient who comes every month with a very high blood pressure.

        Its id names the scale: the month of a larger run is not done because that of a smaller one is.
        """
        chance = dice(day.seed, "pressure", patient.id, day.day)
        return replace(
            day.visit(patient, day.role),
            id=demo_id(day.seed, "last past screening", patient.id, day.day, self._settings.scale),
            observations=measure_adult(60, chance, severe=True) | answer_tb(child=False, suspect=False),
            worrying=True,
        )
