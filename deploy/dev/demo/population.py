"""Made-up residents of the posyandu: children under five and adults, with made-up names and impossible NIK.

Births are fixed by seed and year, so the population grows older from one demonstration day to the next and
never changes in between. A NIK here ends in 0000, a serial that is never issued.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from uuid import UUID

from deploy.dev.demo.network import Facility
from deploy.dev.demo.seeded import demo_id, dice
from deploy.dev.demo.steps import Body
from ilp_shared.areas import lineage

ADULTS = 4
FIRST_BIRTHS = 2016
OLDEST_CHILD_DAYS = 1826  # 60 months
SECOND_BIRTH = 0.22
WITHOUT_NIK = 0.1
GIVEN = {
    "female": ("Sari", "Rina", "Dewi", "Ayu", "Putri", "Nurul", "Fitri", "Lestari", "Wulan", "Indah", "Mega", "Siti"),
    "male": ("Budi", "Agus", "Rizki", "Dimas", "Fajar", "Hendra", "Joko", "Bayu", "Ilham", "Yusuf", "Eko", "Rafi"),
}
SECOND = ("Contoh", "Rekaan", "Peraga", "Misalnya", "Andaian", "Umpama")


@dataclass(frozen=True)
class Resident:
    """A made-up person who lives in the village of a posyandu."""

    id: UUID
    name: str
    sex: str
    birth_date: date
    village: str
    posyandu: UUID
    nik: str | None = None

    def age_days(self, day: date) -> int:
        """Return the whole days from birth to a day."""
        return (day - self.birth_date).days

    def is_child(self, day: date) -> bool:
        """Tell whether the child growth standard to 60 months applies on a day."""
        return self.age_days(day) <= OLDEST_CHILD_DAYS

    def item(self) -> Body:
        """Return its item in a batch for the registry."""
        body: dict[str, object] = {
            "idempotency_key": str(demo_id("register", self.id)),
            "id": str(self.id),
            "name": self.name,
            "sex": self.sex,
            "birth_date": self.birth_date.isoformat(),
            "home_area": self.village,
        }
        return body if self.nik is None else {**body, "nik": self.nik}


def residents(posyandu: Sequence[Facility], seed: int, day: date) -> list[Resident]:
    """Return the residents of these posyandu who are adults, or children under 60 months, on the day.

    Always call it with all posyandu of a kecamatan: the first of two with the same NIK keeps it.
    """
    return present(everybody(posyandu, seed, day.year), day)


def everybody(posyandu: Sequence[Facility], seed: int, until: int) -> list[Resident]:
    """Return everybody who is ever born at these posyandu until the end of a year, with distinct NIK.

    Call it like `residents`; a later year only adds people.
    """
    candidates = (person for facility in posyandu for person in _ever(facility, seed, until))
    return list(_with_distinct_nik(candidates))


def present(people: Iterable[Resident], day: date) -> list[Resident]:
    """Return those of the people who are born by a day, and are adults or children under 60 months on it."""
    return [person for person in people if person.age_days(day) >= 0 and _present(person, day)]


def _present(person: Resident, day: date) -> bool:
    return person.birth_date.year < FIRST_BIRTHS or person.is_child(day)


def _ever(facility: Facility, seed: int, until: int) -> Iterable[Resident]:
    for number in range(ADULTS):
        year = dice(seed, "year", facility.id, number).randint(1942, 2005)
        yield _make(facility, seed, ("adult", number), year)
    for year in range(FIRST_BIRTHS, until + 1):
        births = 2 if dice(seed, "births", facility.id, year).random() < SECOND_BIRTH else 1
        for number in range(births):
            yield _make(facility, seed, (year, number), year)


def _make(facility: Facility, seed: int, who: tuple[object, ...], year: int) -> Resident:
    chance = dice(seed, "person", facility.id, *who)
    sex = chance.choice(("female", "male"))
    birth_date = date(year, 1, 1) + timedelta(days=chance.randrange(365))
    nik = None if chance.random() < WITHOUT_NIK else impossible_nik(facility.village, birth_date, sex)
    return Resident(
        id=demo_id(seed, "person", facility.id, *who),
        name=f"{chance.choice(GIVEN[sex])} {chance.choice(SECOND)}",
        sex=sex,
        birth_date=birth_date,
        village=facility.village,
        posyandu=facility.id,
        nik=nik,
    )


def impossible_nik(village: str, birth_date: date, sex: str) -> str:
    """Return a number in the form of a NIK with the serial 0000, which is never issued."""
    kecamatan = lineage(village)[-2]
    day = birth_date.day + (40 if sex == "female" else 0)
    return f"{kecamatan.replace('.', '')}{day:02}{birth_date:%m%y}0000"


def _with_distinct_nik(people: Iterable[Resident]) -> Iterable[Resident]:
    taken: set[str] = set()
    for person in people:
        if person.nik in taken:
            yield replace(person, nik=None)
            continue
        if person.nik is not None:
            taken.add(person.nik)
        yield person
