"""From what is true now to the numbers of every area: indicators, residents, completeness.

Plain loops over people, one at a time, from the wording of each definition.
"""

from collections.abc import Iterable, Mapping

from ilp_monitoring.recount.history import History, OpenDay, Task, Visit, village_of

Numbers = dict[tuple[str, ...], list[int]]

NATION = "id"
DENOMINATORS = ("projected", "real")
"""Persons to divide by, of which a reader chooses one."""

CHILD_UNTIL_MONTHS = 59
"""Under five in month M: born in month M − 59 or later, and not after M."""
ADULT_FROM_MONTHS = 216
"""Adult in month M: born in month M − 216 or earlier (18 years)."""

MOST_NAMED = 50
"""Awaited posyandu that are named in each list, and regencies that take part."""
ARRIVALS_SHOWN = 20
"""Minutes and facilities, newest first; those of one minute by the facility's identifier, the greatest first."""


def levels(village: str) -> list[str]:
    """Return the village, its district, regency and province, and the nation."""
    parts = village.split(".")
    return [".".join(parts[:length]) for length in range(len(parts), 0, -1)] + [NATION]


def part_of(area: str) -> str:
    """Return the regency in which an area lies; `id` for provinces and the nation."""
    return ".".join(area.split(".")[:2]) if "." in area else NATION


def months_before(month: str, count: int) -> str:
    """Return the month `count` months before `month`, both `YYYY-MM`."""
    number = int(month[:4]) * 12 + int(month[5:]) - 1 - count
    return f"{number // 12:04d}-{number % 12 + 1:02d}"


def _add(numbers: Numbers, key: tuple[str, ...], first: int, second: int) -> None:
    known = numbers.setdefault(key, [0, 0])
    known[0] += first
    known[1] += second


def count_cells(history: History) -> Numbers:
    """Return (indicator, period, area) → [numerator, denominator] for every area of every level."""
    numbers: Numbers = {}
    for (period, _), visits in _by_period_and_person(history).items():
        visits.sort(key=lambda visit: visit.order)
        for area in levels(visits[-1].village):
            for indicator, numerator, denominator in _person_in_period(period, visits):
                _add(numbers, (indicator, period, area), numerator, denominator)
    for _, task in history.tasks.values():
        if task is not None and task.status != "cancelled":
            for area in levels(task.village):
                _add(numbers, ("FOLLOW_UP_OPEN", task.month, area), _is_open(task), 1)
    return numbers


def count_firsts(history: History) -> Numbers:
    """Return (area, period, indicator) → [adults whose blood pressure was judged for the first time in the year]."""
    firsts: dict[tuple[str, str], tuple[str, str]] = {}
    for (period, person), visits in _by_period_and_person(history).items():
        visits.sort(key=lambda visit: visit.order)
        if any(indicator == "BP_ADULT" for indicator, _, _ in _person_in_period(period, visits)):
            year = period[:4], person
            if year not in firsts or period < firsts[year][0]:
                firsts[year] = period, visits[-1].village
    numbers: Numbers = {}
    for period, village in firsts.values():
        for area in levels(village):
            numbers.setdefault((area, period, "BP_ADULT"), [0])[0] += 1
    return numbers


def count_tasks(history: History) -> Numbers:
    """Return (area, month opened, day due) → [open tasks, done tasks]; cancelled ones count nowhere."""
    numbers: Numbers = {}
    for _, task in history.tasks.values():
        if task is not None and task.status != "cancelled":
            for area in levels(task.village):
                _add(numbers, (area, task.month, task.due), _is_open(task), 1 - _is_open(task))
    return numbers


def _is_open(task: Task) -> int:
    return 1 if task.status in ("requested", "accepted") else 0


def _by_period_and_person(history: History) -> Mapping[tuple[str, str], list[Visit]]:
    groups: dict[tuple[str, str], list[Visit]] = {}
    for _, visit in history.visits.values():
        if visit is not None:
            groups.setdefault((visit.order[0][:7], visit.person), []).append(visit)
    return groups


def _person_in_period(period: str, visits: list[Visit]) -> Iterable[tuple[str, int, int]]:
    """Yield what one person adds to each indicator in one period; visits are in order."""
    born = visits[-1].birth_month
    if months_before(period, CHILD_UNTIL_MONTHS) <= born <= period:
        if any(visit.weighed for visit in visits):
            yield "D_S", 1, 0
        measured = [visit.stunted for visit in visits if visit.stunted is not None]
        if measured:
            yield "STUNTING", int(measured[-1]), 1
    if born <= months_before(period, ADULT_FROM_MONTHS) and any(visit.bp for visit in visits):
        yield "BP_ADULT", 1, 0
    answered = [visit.tb_suspect for visit in visits if visit.tb_suspect is not None]
    if answered:
        yield "TB_SUSPECT", int(any(answered)), 1


def count_residents(history: History) -> Numbers:
    """Return (area, birth month, sex) → [residents] for every area of every level."""
    numbers: Numbers = {}
    for _, resident in history.residents.values():
        if resident is not None:
            for area in levels(resident.village):
                key = (area, resident.birth_month, resident.sex)
                numbers.setdefault(key, [0])[0] += 1
    return numbers


def count_posyandu(history: History) -> Numbers:
    """Return (area,) → [registered posyandu] for every area of every level."""
    numbers: Numbers = {}
    for _, facility in history.facilities.values():
        if facility is not None and facility.kind == "posyandu":
            for area in levels(village_of(facility.area)):
                numbers.setdefault((area,), [0])[0] += 1
    return numbers


def count_arrivals(history: History) -> Numbers:
    """Return (area, minute, facility) → [screenings with a weight, others] of the last 20 of every area."""
    numbers: Numbers = {}
    for arrival in history.arrivals.values():
        for area in levels(arrival.area):
            _add(numbers, (area, arrival.minute, arrival.facility), int(arrival.weighed), int(not arrival.weighed))
    last: Numbers = {}
    places: dict[str, int] = {}
    for key in sorted(numbers, reverse=True):
        places[key[0]] = places.get(key[0], 0) + 1
        if places[key[0]] <= ARRIVALS_SHOWN:
            last[key] = numbers[key]
    return last


def count_completeness(history: History) -> Numbers:
    """Return (period, area) → [posyandu with an open day, those of them that reported]."""
    active = {(v.order[0][:7], v.facility) for _, v in history.visits.values() if v is not None}
    expected: set[tuple[str, str, str]] = set()
    for _, day in history.open_days.values():
        if isinstance(day, OpenDay) and day.kind == "posyandu":
            expected.update((day.month, area, day.facility) for area in levels(day.village))
    numbers: Numbers = {}
    for period, area, facility in expected:
        _add(numbers, (period, area), 1, int((period, facility) in active))
    return numbers
