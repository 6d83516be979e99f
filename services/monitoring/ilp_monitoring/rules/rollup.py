"""Differences of village numbers, added up to district, regency, province and nation. Used by every projection part."""

from collections.abc import Mapping

from ilp_shared.areas import lineage

VILLAGE_SEGMENTS = 4

Pair = tuple[int, int]
Key = tuple[str, ...]
"""Area code first, then what distinguishes the cells of one area."""


def village_of(area: str) -> str:
    """Return the village of an area at or below it (dusun, RW, RT); areas above a village stay as they are."""
    return area if area.count(".") < VILLAGE_SEGMENTS else ".".join(area.split(".")[:VILLAGE_SEGMENTS])


class Deltas:
    """Differences per cell; `rolled_up` sorts them, so that concurrent writers lock rows in one order."""

    def __init__(self) -> None:
        self._of: dict[Key, list[int]] = {}

    def add(self, key: Key, first: int, second: int = 0) -> None:
        """Add a difference to the cell of a village."""
        pair = self._of.get(key)
        if pair is None:
            self._of[key] = [first, second]
            return
        pair[0] += first
        pair[1] += second

    def as_they_are(self) -> list[tuple[Key, Pair]]:
        """Return the non-zero differences, sorted by key, for keys that already cover all levels."""
        return sorted((key, (pair[0], pair[1])) for key, pair in self._of.items() if any(pair))

    def rolled_up(self) -> list[tuple[Key, Pair]]:
        """Return the non-zero differences at all levels, sorted by key."""
        total: dict[Key, list[int]] = {}
        for (village, *rest), (first, second) in self._of.items():
            if not first and not second:
                continue
            for area in lineage(village):
                pair = total.setdefault((area, *rest), [0, 0])
                pair[0] += first
                pair[1] += second
        return sorted((key, (pair[0], pair[1])) for key, pair in total.items() if any(pair))


def difference(old: Mapping[Key, Pair], new: Mapping[Key, Pair]) -> Deltas:
    """Return new − old of village numbers."""
    deltas = Deltas()
    for key, (first, second) in old.items():
        deltas.add(key, -first, -second)
    for key, (first, second) in new.items():
        deltas.add(key, first, second)
    return deltas
