"""How much of a province or of the nation takes part in a month, by its regencies and their projected population."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from ilp_monitoring.rules.judgement import percent_of
from ilp_shared.areas import NATION, covers, level_of

POPULATION: Final = "everyone"
"""The population group of all people."""


@dataclass(frozen=True)
class Regency:
    """A regency in a month: whether any of its posyandu reported, and its projected persons by population group."""

    reporting: bool
    projected: Mapping[str, int]


@dataclass(frozen=True)
class Share:
    """Areas one level down, those of them taking part, and the projected persons of the regencies taking part."""

    areas: int
    taking_part: int
    regencies: int
    reporting: tuple[str, ...]
    """Codes of the regencies taking part, in order."""
    population_percent: float | None
    projected: dict[str, int]


def are_few(taking_part: int, regencies: int) -> bool:
    """Tell whether fewer than half of the regencies take part: only then are those that do named."""
    return 2 * taking_part < regencies


def is_above_regency(area: str) -> bool:
    """Tell whether an area is a province or the nation."""
    return level_of(area) in ("nation", "province")


def share_of(area: str, regencies: Mapping[str, Regency]) -> Share:
    """Return how much of a province or the nation takes part; `regencies` may hold others too.

    A regency without a published population weighs as much as the mean of the others, cut to whole people.
    """
    own = {code: regency for code, regency in regencies.items() if covers(area, code)}
    below = {code: code[:2] if area == NATION else code for code in own}
    reporting = {code for code, regency in own.items() if regency.reporting}
    projected: Counter[str] = Counter()
    for code in reporting:
        projected.update(own[code].projected)
    known = [regency.projected[POPULATION] for regency in own.values() if POPULATION in regency.projected]
    mean = sum(known) // len(known) if known else 0
    people, reached = (
        sum(own[code].projected.get(POPULATION, mean) for code in codes) for codes in (own.keys(), reporting)
    )
    return Share(
        areas=len(set(below.values())),
        taking_part=len({below[code] for code in reporting}),
        regencies=len(own),
        reporting=tuple(sorted(reporting)),
        population_percent=percent_of(reached, people) if people else None,
        projected=dict(projected),
    )
