"""Reads the packaged outlines: the map of an area's children, or of one village among its neighbours."""

import gzip
import json
from collections.abc import Collection
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files

from ilp_shared.areas import NATION, lineage, parent_of

_KEPT_PROVINCES = 12


@dataclass(frozen=True, slots=True)
class AreaMap:
    """A drawing of `width` x `height` units: area code -> SVG path data."""

    width: int
    height: int
    shapes: dict[str, str]


def map_of(area: str, children: Collection[str]) -> AreaMap | None:
    """Return the packaged map that shows most of the children; for an area without children, the map it stands in."""
    wanted = set(children) or {area}
    names = (area, f"{area}/village") if children else (parent_of(area) or NATION,)
    found = [drawing for name in names if (drawing := _maps_around(area).get(name)) and wanted & set(drawing.shapes)]
    return max(found, key=lambda drawing: len(wanted & set(drawing.shapes)), default=None)


def has_village_map(area: str) -> bool:
    """Tell whether the outlines of all villages of a regency are packaged."""
    return f"{area}/village" in _maps_around(area)


def _maps_around(area: str) -> dict[str, AreaMap]:
    return _read(NATION if area == NATION else lineage(area)[1])


@lru_cache(maxsize=_KEPT_PROVINCES)
def _read(name: str) -> dict[str, AreaMap]:
    file = files(__package__) / "maps" / f"{name}.json.gz"
    if not file.is_file():
        return {}
    document = json.loads(gzip.decompress(file.read_bytes()))
    return {key: AreaMap(entry["w"], entry["h"], dict(entry["shapes"])) for key, entry in document.items()}
