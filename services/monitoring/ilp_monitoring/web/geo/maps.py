"""Reads the packaged outlines: the map of an area's children, or of one village among its neighbours."""

import gzip
import json
from collections.abc import Collection
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files

from ilp_shared.areas import NATION, lineage, parent_of

_KEPT_PROVINCES = 12
MOST_VILLAGES = 60
"""Villages that one page can draw and list within its weight; regencies with more show their districts first."""


@dataclass(frozen=True, slots=True)
class AreaMap:
    """A drawing of `width` x `height` units: area code -> SVG path data."""

    width: int
    height: int
    shapes: dict[str, str]


def map_of(area: str, children: Collection[str]) -> AreaMap | None:
    """Return the packaged map that shows most of the children; for an area without children, the map that shows it."""
    codes = set(children) or {area}
    names = (area, f"{area}/village") if children else (parent_of(area) or NATION,)
    maps = [drawing for name in names if (drawing := _maps_around(area).get(name)) and codes & set(drawing.shapes)]
    return max(maps, key=lambda drawing: len(codes & set(drawing.shapes)), default=None)


def drawn_by_village(area: str) -> bool:
    """Tell whether a regency's page shows all its villages: outlines are packaged, and not too many for one page."""
    drawing = _maps_around(area).get(f"{area}/village")
    return drawing is not None and len(drawing.shapes) <= MOST_VILLAGES


def _maps_around(area: str) -> dict[str, AreaMap]:
    return _read(NATION if area == NATION else lineage(area)[1])


@lru_cache(maxsize=_KEPT_PROVINCES)
def _read(name: str) -> dict[str, AreaMap]:
    file = files(__package__) / "maps" / f"{name}.json.gz"
    if not file.is_file():
        return {}
    document = json.loads(gzip.decompress(file.read_bytes()))
    return {key: AreaMap(entry["w"], entry["h"], dict(entry["shapes"])) for key, entry in document.items()}
