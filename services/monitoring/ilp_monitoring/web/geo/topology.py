"""Simplifies neighbouring polygons together, so that a shared border stays one line. Pure.

Rings are cut at junctions (points where more than two borders meet); each piece of border is simplified once, from
the same end, and both neighbours use the result.
"""

from collections import defaultdict
from collections.abc import Iterable
from itertools import pairwise
from math import hypot

Point = tuple[int, int]
Ring = list[Point]


def clean(points: Iterable[Point]) -> Ring:
    """Return a ring without its closing point, repeated points and spikes (a-b-a); empty when nothing is left."""
    ring: Ring = []
    for point in points:
        if ring and ring[-1] == point:
            continue
        if len(ring) >= 2 and ring[-2] == point:
            ring.pop()
            continue
        ring.append(point)
    while len(ring) > 1 and ring[0] == ring[-1]:
        ring.pop()
    return ring if len(ring) >= 3 else []


def area(ring: Ring) -> float:
    """Return the absolute area of a ring in squared units."""
    following = [*ring[1:], ring[0]]
    return abs(sum(a[0] * b[1] - b[0] * a[1] for a, b in zip(ring, following, strict=True))) / 2


def simplify_together(rings: list[Ring], tolerance: float) -> list[Ring]:
    """Simplify all rings (Douglas-Peucker, tolerance in units); borders shared by two rings stay equal."""
    junctions = _junctions(rings)
    known: dict[tuple[Point, ...], Ring] = {}

    def simplified(piece: Ring) -> Ring:
        key, turned = tuple(piece), tuple(reversed(piece))
        canonical = min(key, turned)
        if canonical not in known:
            known[canonical] = _douglas_peucker(list(canonical), tolerance)
        line = known[canonical]
        return line if canonical == key else line[::-1]

    result = []
    for ring in rings:
        line: Ring = []
        for piece in _pieces(ring, junctions):
            line.extend(simplified(piece)[:-1])
        result.append(clean(line))
    return result


def _junctions(rings: list[Ring]) -> set[Point]:
    beside: dict[Point, set[Point]] = defaultdict(set)
    for ring in rings:
        for before, point in zip([ring[-1], *ring[:-1]], ring, strict=True):
            beside[before].add(point)
            beside[point].add(before)
    return {point for point, others in beside.items() if len(others) > 2}


def _pieces(ring: Ring, junctions: set[Point]) -> list[Ring]:
    cuts = [index for index, point in enumerate(ring) if point in junctions]
    if len(cuts) < 2:
        start = cuts[0] if cuts else ring.index(min(ring))
        turned = [*ring[start:], *ring[:start]]
        origin = turned[0]
        far = max(range(len(turned)), key=lambda i: (_squared(origin, turned[i]), turned[i]))
        return [turned[: far + 1], [*turned[far:], origin]]
    turned = [*ring[cuts[0] :], *ring[: cuts[0]]]
    marks = [cut - cuts[0] for cut in cuts] + [len(turned)]
    closed = [*turned, turned[0]]
    return [closed[a : b + 1] for a, b in pairwise(marks)]


def _squared(a: Point, b: Point) -> int:
    return (a[0] - b[0]) ** 2 + (a[1] - b[1]) ** 2


def _douglas_peucker(line: Ring, tolerance: float) -> Ring:
    keep = {0, len(line) - 1}
    spans = [(0, len(line) - 1)]
    while spans:
        first, last = spans.pop()
        if last - first < 2:
            continue
        index = max(range(first + 1, last), key=lambda i: _distance(line[i], line[first], line[last]))
        if _distance(line[index], line[first], line[last]) > tolerance:
            keep.add(index)
            spans += [(first, index), (index, last)]
    return [line[index] for index in sorted(keep)]


def _distance(point: Point, start: Point, end: Point) -> float:
    length = hypot(end[0] - start[0], end[1] - start[1])
    if length == 0:
        return hypot(point[0] - start[0], point[1] - start[1])
    cross = (end[0] - start[0]) * (point[1] - start[1]) - (end[1] - start[1]) * (point[0] - start[0])
    return abs(cross) / length
