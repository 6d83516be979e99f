"""Generator of `maps/*.json.gz`, for an operator when boundaries change (SOURCES.md names the input files):

    python -m ilp_monitoring.web.geo.build FOLDER_WITH_BOUNDARY_FILES

Each output file holds the maps of one province (`id` = the nation): parent code -> size and one SVG path per child;
`13.76/village` are all villages of a regency.
"""

import gzip
import json
import math
import sys
from collections import defaultdict
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import TypedDict, cast

from ilp_monitoring.web.geo.topology import Point, Ring, area, clean, simplify_together
from ilp_shared.areas import NATION, parent_of

WIDTH, HEIGHT = 1000, 860
FINENESS = 4
"""Points are joined on a grid this many times finer than the drawing's unit, then simplified."""
TOLERANCE = 0.8
"""How far, in units, a simplified border may run from the true one."""
SMALLEST = 2.5
"""Islands below this area (squared units) are left out unless they are all a child has."""

Position = tuple[float, float]
Polygons = list[list[Position]]


class Geometry(TypedDict):
    """The part of GeoJSON and TopoJSON read here; TopoJSON has `arcs` in place of `coordinates`."""

    type: str
    coordinates: list[list[list[Position]]]
    arcs: list[list[list[int]]]
    properties: dict[str, str]


def main(folder: Path, target: Path) -> None:
    """Read the boundary files and write one compressed file per province and one for the nation."""
    fine = dict(_geojson(folder / "seed_kec.geojson"))
    seeded = {code[:5] for code in fine}
    coarse = {c: s for c, s in _topojson(folder / "districts.topojson", "kec") if c[:5] not in seeded}
    children: dict[str, dict[str, Polygons]] = defaultdict(dict)
    for source in (
        dict(_topojson(folder / "provinces.topojson", "prov")),
        dict(_topojson(folder / "regencies.topojson", "kab")),
        coarse | fine,
    ):
        for code, shape in source.items():
            children[parent_of(code) or NATION][code] = shape
    for code, shape in _geojson(folder / "seed_kel.geojson"):
        children[code[:8]][code] = shape
        children[f"{code[:5]}/village"][code] = shape
    files: dict[str, dict[str, object]] = defaultdict(dict)
    for parent, shapes in sorted(children.items()):
        files[parent[:2]][parent] = draw(shapes)
    target.mkdir(exist_ok=True)
    for name, maps in files.items():
        text = json.dumps(maps, separators=(",", ":")).encode()
        (target / f"{name}.json.gz").write_bytes(gzip.compress(text, 9, mtime=0))


def draw(shapes: dict[str, Polygons]) -> dict[str, object]:
    """Return {w, h, shapes: [[code, path], ...]} of the children of one parent, fitted into WIDTH x HEIGHT units."""
    project, width, height = _projection([point for rings in shapes.values() for ring in rings for point in ring])
    owners: list[str] = []
    rings: list[Ring] = []
    for code, polygons in sorted(shapes.items()):
        cleaned = [ring for positions in polygons if (ring := clean(project(position) for position in positions))]
        for ring in cleaned or [_dot(project(polygons[0][0]))]:
            owners.append(code)
            rings.append(ring)
    simplified = simplify_together(rings, TOLERANCE * FINENESS)
    simple = [ring or full for ring, full in zip(simplified, rings, strict=True)]
    paths = {code: _path([r for owner, r in zip(owners, simple, strict=True) if owner == code]) for code in shapes}
    return {"w": width, "h": height, "shapes": [[code, path] for code, path in sorted(paths.items()) if path]}


def _projection(points: list[Position]) -> tuple["_Projection", int, int]:
    west, east = min(x for x, _ in points), max(x for x, _ in points)
    south, north = min(y for _, y in points), max(y for _, y in points)
    narrow = math.cos(math.radians((south + north) / 2))
    unit = min((WIDTH - 8) / ((east - west) * narrow), (HEIGHT - 8) / (north - south))
    width, height = (east - west) * narrow * unit + 8, (north - south) * unit + 8
    return _Projection(west, north, narrow * unit, unit), math.ceil(width), math.ceil(height)


class _Projection:
    """Equirectangular, true at the middle latitude; answers points on the fine grid."""

    def __init__(self, west: float, north: float, across: float, down: float) -> None:
        self._west, self._north, self._across, self._down = west, north, across, down

    def __call__(self, position: Position) -> Point:
        x = (position[0] - self._west) * self._across + 4
        y = (self._north - position[1]) * self._down + 4
        return round(x * FINENESS), round(y * FINENESS)


def _path(rings: list[Ring]) -> str:
    drawn = sorted((clean((round(x / FINENESS), round(y / FINENESS)) for x, y in ring) for ring in rings), key=_size)
    visible = [ring for ring in drawn if _size(ring) >= SMALLEST] or [ring for ring in drawn if ring][-1:]
    if not visible:
        corner = next(ring[0] for ring in rings if ring)
        visible = [clean((round(x / FINENESS), round(y / FINENESS)) for x, y in _dot(corner))]
    return "".join(_strokes(ring) for ring in visible)


def _dot(point: Point) -> Ring:
    """Return a small square for an area too small to have a shape."""
    x, y = point
    return [
        (x - FINENESS, y - FINENESS),
        (x + FINENESS, y - FINENESS),
        (x + FINENESS, y + FINENESS),
        (x - FINENESS, y + FINENESS),
    ]


def _size(ring: Ring) -> float:
    return area(ring) if ring else 0.0


def _strokes(ring: Ring) -> str:
    steps = [(b[0] - a[0], b[1] - a[1]) for a, b in pairwise(ring)]
    words = " ".join(f"{x} {y}" for x, y in steps).replace(" -", "-")
    return f"M{ring[0][0]} {ring[0][1]}l{words}z"


def _geojson(path: Path) -> Iterator[tuple[str, Polygons]]:
    for feature in json.loads(path.read_bytes())["features"]:
        geometry = cast(Geometry, feature["geometry"])
        polygons = geometry["coordinates"] if geometry["type"] == "MultiPolygon" else [geometry["coordinates"]]
        yield feature["properties"]["code"], [ring for polygon in polygons for ring in cast(Polygons, polygon)]


def _topojson(path: Path, name: str) -> Iterator[tuple[str, Polygons]]:
    document = json.loads(path.read_bytes())
    (sx, sy), (tx, ty) = document["transform"]["scale"], document["transform"]["translate"]
    arcs: Polygons = []
    for arc in document["arcs"]:
        x = y = 0
        line = []
        for dx, dy in arc:
            x, y = x + dx, y + dy
            line.append((x * sx + tx, y * sy + ty))
        arcs.append(line)
    for geometry in cast(list[Geometry], document["objects"][name]["geometries"]):
        indices = geometry.get("arcs") or []
        polygons = indices if geometry["type"] == "MultiPolygon" else [indices]
        yield (
            geometry["properties"]["code"],
            [_joined(arcs, ring) for rings in polygons for ring in cast(list[list[int]], rings)],
        )


def _joined(arcs: Polygons, indices: list[int]) -> list[Position]:
    ring: list[Position] = []
    for index in indices:
        line = arcs[index] if index >= 0 else arcs[~index][::-1]
        ring.extend(line[1:] if ring else line)
    return ring


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(__file__).parent / "maps")
