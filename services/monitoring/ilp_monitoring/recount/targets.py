"""Projected sasaran by the wording of its definition: regency population × national age share, spread over villages.

Reads the same public files as the services (population of regencies, national age structure), with code of its own.
Rounded half up to whole people in the regency, split evenly over its villages, the remainder to the first by code;
districts, provinces and the nation are sums.
"""

import csv
import gzip
from fractions import Fraction
from importlib.resources import files
from operator import add

from ilp_monitoring.recount.counting import Numbers, levels
from ilp_monitoring.recount.history import History

_UNDER_FIVE = {"0-4": Fraction(1)}
_ADULT_FROM_AGE = 18
_STRUCTURE, _COLUMN = "national_age_structure_wpp2019.csv", "pop_2025_medium"
_POPULATION = "population_area_kabkota.csv.gz"


def _part_of_adults(age_group: str) -> Fraction:
    """Return which part of an age group such as `15-19` or `100+` is 18 or older; single years count equally."""
    first = int(age_group.rstrip("+").split("-")[0])
    if age_group.endswith("+") or first >= _ADULT_FROM_AGE:
        return Fraction(1)
    last = int(age_group.split("-")[1])
    return Fraction(max(0, last - _ADULT_FROM_AGE + 1), last - first + 1)


def _shares() -> dict[str, Fraction]:
    population = Fraction(0)
    members = {"under_five": Fraction(0), "adult": Fraction(0), "everyone": Fraction(0)}
    text = files("ilp_shared.reference").joinpath(_STRUCTURE).read_text("utf-8")
    for row in csv.DictReader(text.splitlines()):
        people = Fraction(row[_COLUMN])
        population += people
        members["under_five"] += people * _UNDER_FIVE.get(row["age_group"], 0)
        members["everyone"] += people
        members["adult"] += people * _part_of_adults(row["age_group"])
    return {group: number / population for group, number in members.items()}


def _populations() -> dict[str, int]:
    packed = files("ilp_shared.reference").joinpath(_POPULATION).read_bytes()
    rows = csv.DictReader(gzip.decompress(packed).decode("utf-8").splitlines())
    return {row["code"]: int(row["total"]) for row in rows}


def count_targets(history: History) -> Numbers:
    """Return (area, population group) → [people] for every area of every published tree."""
    people: dict[str, list[int]] = {}
    shares, populations = _shares(), _populations()
    for _, tree in history.trees.values():
        villages = sorted(tree.villages) if tree is not None else []
        if tree is None or not villages:
            continue
        groups = [int(share * populations.get(tree.root, 0) + Fraction(1, 2)) for share in shares.values()]
        parts = [divmod(group, len(villages)) for group in groups]
        districts: dict[str, list[int]] = {}
        for place, village in enumerate(villages):
            here = [each + (place < left) for each, left in parts]
            _add(people, village, here)
            _add(districts, levels(village)[1], here)
        for district, sums in districts.items():
            for area in levels(district):
                _add(people, area, sums)
    return {(area, group): [n] for area, known in people.items() for group, n in zip(shares, known, strict=True)}


def _add(people: dict[str, list[int]], area: str, more: list[int]) -> None:
    people[area] = [*map(add, people[area], more)] if area in people else more
