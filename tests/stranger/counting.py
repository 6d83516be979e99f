"""Counts every number by the wording of `GET /monitoring/v1/indicators`, one resident and one month at a time."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, fields
from operator import itemgetter

from tests.stranger.world import State, World, levels, month_before

UNDER_FIVE_MONTHS, ADULT_MONTHS = 59, 216
Cell = tuple[str, str, str]
"""Area, month, indicator."""
Place = tuple[str, str]
"""Area, month."""


@dataclass(frozen=True)
class Numbers:
    """What the stranger counted; whatever is in no table is zero."""

    areas: set[str]
    """Codes of all published areas: only their numbers can be asked for."""
    numerators: Counter[Cell]
    counted: Counter[Cell]
    """Denominators counted from screenings and tasks."""
    opened: Counter[Place]
    reported: Counter[Place]
    posyandu: Counter[str]
    births: Counter[tuple[str, str]]
    """Registered residents by area and month of birth."""
    firsts: Counter[Cell]
    """Residents who count for the first time in the year."""
    tasks: Counter[tuple[str, str, bool]]
    """Tasks that were not cancelled, by area, month opened and whether they are still open."""

    def registered(self, area: str, indicator: str, month: str) -> int:
        """Return the registered residents of an indicator's age group at the end of a month."""
        first, last = month_before(month, UNDER_FIVE_MONTHS), month
        if indicator == "BP_ADULT":
            first, last = "0000-00", month_before(month, ADULT_MONTHS)
        return self.born(area, first, last)

    def of_year(self, area: str, month: str, indicator: str) -> int:
        """Return the residents who count from January to a month, each once."""
        return sum(
            n
            for (where, first, code), n in self.firsts.items()
            if (where, code) == (area, indicator) and month[:4] == first[:4] and first <= month
        )

    def opened_by(self, area: str, month: str, *, still_open: bool) -> int:
        """Return the tasks opened by the end of a month that are open now, or are not."""
        return sum(
            n
            for (where, when, is_open), n in self.tasks.items()
            if where == area and when <= month and is_open == still_open
        )

    def born(self, area: str, first: str, last: str) -> int:
        """Return the registered residents of an area who were born in these months."""
        return sum(n for (where, born), n in self.births.items() if where == area and first <= born <= last)


def count(world: World) -> Numbers:
    """Return every number of every area and month."""
    numbers = Numbers(world.areas, *(Counter() for _ in fields(Numbers)[1:]))
    _count_residents(world, numbers)
    _count_tasks(world, numbers)
    _count_posyandu(world, numbers)
    for person in world.persons.values():
        if person.get("active", True):
            for area in levels(person["home_area"]):
                numbers.births[area, person["birth_date"][:7]] += 1
    return numbers


def _count_residents(world: World, numbers: Numbers) -> None:
    """Count each resident once a month for each indicator, and in the first such month of a year."""
    counted_this_year: set[tuple[str, str, str]] = set()
    for month, visits in sorted(_visits_of_residents(world), key=itemgetter(0)):
        areas, person = levels(visits[-1]["home_area"]), visits[-1]["person_id"]
        for indicator, numerator, denominator in _of_resident(month, visits):
            first = numerator and (indicator, month[:4], person) not in counted_this_year
            if first:
                counted_this_year.add((indicator, month[:4], person))
            for area in areas:
                numbers.numerators[area, month, indicator] += numerator
                numbers.counted[area, month, indicator] += denominator
                numbers.firsts[area, month, indicator] += int(first)


def _count_tasks(world: World, numbers: Numbers) -> None:
    for task in world.tasks.values():
        if task["status"] != "cancelled":
            month, is_open = task["opened_day"][:7], task["status"] in ("requested", "accepted")
            for area in levels(task["home_area"]):
                numbers.numerators[area, month, "FOLLOW_UP_OPEN"] += is_open
                numbers.counted[area, month, "FOLLOW_UP_OPEN"] += 1
                numbers.tasks[area, month, is_open] += 1


def _visits_of_residents(world: World) -> Iterator[tuple[str, list[State]]]:
    """Yield each resident's screenings of each month, the last one by day, instant and id at the end."""
    groups: defaultdict[tuple[str, str], list[State]] = defaultdict(list)
    for screening in world.screenings.values():
        groups[screening["day"][:7], screening["person_id"]].append(screening)
    for (month, _), visits in groups.items():
        visits.sort(key=lambda visit: (visit["day"], visit["instant"], visit["screening_id"]))
        yield month, visits


def _of_resident(month: str, visits: list[State]) -> Iterator[tuple[str, int, int]]:
    """Yield indicator, numerator and counted denominator of one resident in one month."""
    born = visits[-1]["birth_month"]
    results = [result for visit in visits for result in visit["results"]]
    if month_before(month, UNDER_FIVE_MONTHS) <= born <= month:
        if any("weight_kg" in visit["observed"] for visit in visits):
            yield "D_S", 1, 0
        plausible = [
            result for result in results if result["code"] == "length_height_for_age" and _is_plausible(result)
        ]
        if plausible:
            yield "STUNTING", int("stunted" in plausible[-1]["category"]), 1
    if born <= month_before(month, ADULT_MONTHS) and any(result["code"] == "blood_pressure" for result in results):
        yield "BP_ADULT", 1, 0
    symptoms = [result["category"] for result in results if result["code"] == "tb_symptoms"]
    if symptoms:
        yield "TB_SUSPECT", int("suspect" in symptoms), 1


def _is_plausible(result: State) -> bool:
    return result.get("z") is not None and result.get("flag") is None


def _count_posyandu(world: World, numbers: Numbers) -> None:
    """Count the posyandu registered, those with an open day in a month, and those of them with a screening in it."""
    for area_code in world.posyandu.values():
        numbers.posyandu.update(levels(area_code))
    active = {(screening["day"][:7], screening["facility_id"]) for screening in world.screenings.values()}
    opened = {
        (day["day"][:7], day["facility_id"], day["facility_area"])
        for day in world.open_days.values()
        if day["facility_kind"] == "posyandu" and not day.get("cancelled", False)
    }
    for month, facility, facility_area in opened:
        for area in levels(facility_area):
            numbers.opened[area, month] += 1
            numbers.reported[area, month] += (month, facility) in active
