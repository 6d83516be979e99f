"""Which regencies a run compares of what readers are given, and what earlier runs found in the others.

A part is a regency: its own answers, those of its districts and villages, and the cells of all these areas. The nation
and the provinces are the part `id`, which is in every run.
"""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import accumulate

from ilp_monitoring.recount.counting import DENOMINATORS, NATION, part_of
from ilp_monitoring.recount.findings import Finding

Complain = Callable[[Finding], None]
_NEVER = datetime.min.replace(tzinfo=UTC)
_AREA_AT = {"cell": 2, "completeness": 1, "population": 0, "task_count": 0, "first_in_year": 0, "posyandu_count": 0}
"""Tables whose numbers make an area one of which something is shown, and where their keys have it."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """The last comparison of a regency: when its run began, and the differences in what readers were given of it."""

    at: datetime
    differences: int


class Parts:
    """The parts of one run. `sizes` are situations by regency, `most` those of a run in turn; None compares all."""

    def __init__(self, sizes: Mapping[str, int], comparisons: Mapping[str, Comparison], most: int | None) -> None:
        self.regencies = set(sizes)
        """Every regency that is published or has cells."""
        self.regencies_compared = set(sizes if most is None else regencies_in_turn(sizes, comparisons, most))
        self._whole = self.regencies_compared == self.regencies
        self._differences: Counter[str] = Counter()

    @property
    def parts_to_read(self) -> list[str] | None:
        """The parts to read; None for whatever is shown."""
        return None if self._whole else [NATION, *sorted(self.regencies_compared)]

    def covers(self, area: str) -> bool:
        """Tell whether this run compares what is shown of an area."""
        return self._whole or part_of(area) in self.regencies_compared or part_of(area) == NATION

    def add(self, areas: Iterable[str]) -> None:
        """Compare also the regencies of areas of which monitoring stores nothing: all of each of them is missing."""
        unknown = _regencies_of(areas) - self.regencies
        self.regencies_compared |= unknown
        self.regencies |= unknown

    def withdraw(self) -> None:
        """Count no regency as compared, so that each keeps what an earlier run found in it."""
        self.regencies_compared.clear()

    def counted(self, area: str, complain: Complain) -> Complain:
        """Return `complain`, which also counts each finding for the part of an area."""

        def count(finding: Finding) -> None:
            self._differences[part_of(area)] += 1
            complain(finding)

        return count

    def standing(self, comparisons: Mapping[str, Comparison]) -> Iterator[Finding]:
        """Yield one finding for each regency that differed, and that this run did not compare again."""
        for code in sorted(comparisons.keys() & (self.regencies - self.regencies_compared)):
            if comparisons[code].differences:
                yield Finding("shown_standing", code, "0", str(comparisons[code].differences))

    def comparisons(self, at: datetime) -> dict[str, Comparison]:
        """Return what this run, begun at an instant, found in each regency that it compared."""
        return {code: Comparison(at, self._differences[code]) for code in sorted(self.regencies_compared)}

    def all_since(self, at: datetime, comparisons: Mapping[str, Comparison]) -> datetime | None:
        """Return since when every regency was compared at least once, by others or by this run, begun at an instant.

        None while some never was.
        """
        instants = {code: comparison.at for code, comparison in comparisons.items()}
        instants |= {code: max(at, instants.get(code, at)) for code in self.regencies_compared}
        if not self.regencies <= instants.keys():
            return None
        return min((instants[code] for code in self.regencies), default=at)


def regencies_in_turn(sizes: Mapping[str, int], comparisons: Mapping[str, Comparison], most: int) -> list[str]:
    """Return the regencies whose turn it is, within `most` situations.

    First those that differed, within half of `most` and what the others leave; then those never compared, then the
    longest ago, within what is left and at least half. The first of each kind is in the run however large it is: a
    difference that stays neither waits nor keeps the others from their turn.
    """

    def rank(code: str) -> tuple[datetime, str]:
        return (comparisons[code].at if code in comparisons else _NEVER), code

    differing = {code for code in sizes if code in comparisons and comparisons[code].differences}
    others = sizes.keys() - differing
    half = most // 2
    turn = _first(sorted(differing, key=rank), sizes, max(half, most - sum(sizes[code] for code in others)))
    rest = max(most - half, most - sum(sizes[code] for code in turn))
    return turn + _first(sorted(others, key=rank), sizes, rest)


def _first(codes: Sequence[str], sizes: Mapping[str, int], most: int) -> list[str]:
    """Return the first regencies of a queue that have together at most so many situations; at least one."""
    sums = accumulate(sizes[code] for code in codes)
    return [code for place, (code, size) in enumerate(zip(codes, sums, strict=True)) if place == 0 or size <= most]


def shown_sizes(published: Collection[str], tables: Mapping[str, Collection[Sequence[str]]]) -> dict[str, int]:
    """Return how many situations are shown of each regency that is published or has cells.

    One for each published area with numbers, month and denominator; two of the regency itself, which is shown with its
    districts and with its villages.
    """
    areas = {name: {key[place] for key in tables[name]} for name, place in _AREA_AT.items()}
    months = {key[1] for key in tables["cell"]} | {key[0] for key in tables["completeness"]}
    sizes = dict.fromkeys(_regencies_of((*published, *areas["cell"])), 0)
    for area in set[str]().union(*areas.values()).intersection(published):
        regency = part_of(area)
        if regency in sizes:
            sizes[regency] += len(months) * len(DENOMINATORS) * (2 if area == regency else 1)
    return sizes


def _regencies_of(areas: Iterable[str]) -> set[str]:
    return set(map(part_of, areas)) - {NATION}
