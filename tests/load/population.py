"""The made-up people of the benchmarks: open days of twenty in villages of many regencies, the same in every run.

Observations are those of the demonstration day (`deploy/dev/demo/growth.py`): three of five are children.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import product
from typing import Literal
from uuid import UUID

from deploy.dev.demo.growth import Child, answer_tb, measure_adult, measure_child
from deploy.dev.demo.history import months_before
from deploy.dev.demo.seeded import demo_id, dice
from ilp_shared.bus.contract.envelope import NewEvent
from ilp_shared.events.registry.v1 import FacilityRegistered, PersonRegistered

PEOPLE = 20
"""Residents seen at one posyandu."""
DAYS = tuple(first.replace(day=10) for first in sorted(months_before(datetime.now(UTC).date(), 7)))
"""The tenth of each of the seven months before this one: services refuse what is much older."""
DAY = DAYS[-1]
_CHILDREN = 12
_REGENCIES = tuple(
    f"{province}.{regency:02}" for regency, province in product(range(1, 5), (11, 13, 14, 17, 32, 33, 35, 51, 62, 73))
)


@dataclass(frozen=True)
class Person:
    """A person who comes to a posyandu."""

    id: UUID
    sex: Literal["male", "female"]
    born: date


@dataclass(frozen=True)
class Posyandu:
    """A posyandu, its village and the people who come."""

    id: UUID
    village: str
    people: Sequence[Person]

    @property
    def regency(self) -> str:
        """Code of its regency."""
        return self.village[:5]


def posyandus(count: int) -> list[Posyandu]:
    """Return the first `count` posyandu, spread over all regencies."""
    places = []
    for number in range(count):
        village_number, regency = divmod(number, len(_REGENCIES))
        village = f"{_REGENCIES[regency]}.{1 + village_number // 10:02}.{1001 + village_number % 10}"
        places.append(Posyandu(demo_id("load", village), village, people_of(village, _CHILDREN, PEOPLE)))
    return places


def people_of(village: str, children: int, all_together: int) -> list[Person]:
    """Return made-up residents of a village: children below four on the day of the benchmarks, then adults."""
    return [_person(village, number, child=number < children) for number in range(all_together)]


def _person(village: str, number: int, *, child: bool) -> Person:
    chance = dice("load", village, number)
    days = chance.randint(30, 1_450) if child else chance.randint(7_000, 27_000)
    sex: Literal["male", "female"] = "female" if chance.random() < 0.5 else "male"
    return Person(demo_id("load", village, "person", number), sex, DAY - timedelta(days=days))


def registrations(places: Iterable[Posyandu]) -> Iterator[NewEvent]:
    """Yield the registry's events of the posyandu and their people."""
    now = datetime.now(UTC)
    for place in places:
        facility = FacilityRegistered(
            facility_id=place.id,
            kind="posyandu",
            name="Posyandu Contoh",
            area_code=place.village,
            timezone="Asia/Jakarta",
            example_data=True,
        )
        yield NewEvent(facility, place.id, 1, place.village, place.village, now)
        for person in place.people:
            data = PersonRegistered.model_validate(
                {"person_id": person.id, "sex": person.sex, "birth_date": person.born, "home_area": place.village}
            )
            yield NewEvent(data, person.id, 1, place.village, place.village, now)


def screenings(places: Iterable[Posyandu], *, day: date = DAY) -> Iterator[tuple[Posyandu, dict[str, object]]]:
    """Yield the body of one screening for each person, open day by open day."""
    for place in places:
        for minute, person in enumerate(place.people):
            at = datetime(day.year, day.month, day.day, 2, tzinfo=UTC) + timedelta(minutes=3 * minute)
            yield (
                place,
                {
                    "person_id": str(person.id),
                    "facility_id": str(place.id),
                    "occurred_at": at.isoformat(),
                    "observations": _observations(person, day),
                    "performer": {"role": "midwife"},
                },
            )


def _observations(person: Person, day: date) -> dict[str, object]:
    chance = dice("load", person.id, day)
    age_days = (day - person.born).days
    suspect = chance.random() < 0.01
    if age_days <= 1_826:
        measures = measure_child(Child(person.sex, age_days), chance, wasted=chance.random() < 0.03)
        return measures | answer_tb(child=True, suspect=suspect)
    return measure_adult(age_days // 365, chance, severe=chance.random() < 0.02) | answer_tb(
        child=False, suspect=suspect
    )
