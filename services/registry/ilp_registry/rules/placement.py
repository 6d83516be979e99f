"""Levels of area at which facilities lie, and the networks to which they may belong. Pure.

A puskesmas and its network (jejaring: pustu, posyandu) belong to one regency: Permenkes 19/2024 makes the puskesmas
a unit of the regency's health office.
"""

from collections.abc import Mapping
from typing import Final, NamedTuple

from ilp_shared.areas import home_key
from ilp_shared.text import Text


class Parent(NamedTuple):
    """A facility that another one names as its parent."""

    kind: str
    area_code: str


UNKNOWN: Final = Parent("unknown", "")
"""A parent that is not registered."""

_LEVELS: Final = {
    "puskesmas": frozenset({"regency", "district", "village"}),
    "pustu": frozenset({"village", "sub_village"}),
    "posyandu": frozenset({"village", "sub_village"}),
}
_PARENTS: Final = {
    "puskesmas": frozenset[str](),
    "pustu": frozenset({"puskesmas"}),
    "posyandu": frozenset({"puskesmas", "pustu"}),
}
_NO_AREA = Text("Wilayah ini tidak terdaftar.", "This area is not registered.")
_LEVEL = Text(
    "Faskes jenis ini tidak berada di tingkat wilayah itu.", "This kind of facility does not stand at that level."
)
_CATCHMENT = Text(
    "Wilayah kerja harus berisi wilayah terdaftar di kabupaten/kota yang sama.",
    "The catchment must consist of registered areas of the same regency.",
)
_PARENT = Text(
    "Induk harus puskesmas (atau pustu, untuk posyandu) terdaftar di kabupaten/kota yang sama.",
    "The parent must be a registered puskesmas (or pustu, for a posyandu) of the same regency.",
)


class Fault(NamedTuple):
    """A field that cannot be accepted: its JSON pointer, a stable code, the sentence."""

    pointer: str
    code: str
    message: Text


def placement_fault(
    kind: str, area: str, catchment: tuple[str, ...], levels: Mapping[str, str], parent: Parent | None
) -> Fault | None:
    """Return the fault of a facility's place or network, or None; `levels` are those of the areas that exist."""
    if area not in levels:
        return Fault("/area_code", "unknown_area", _NO_AREA)
    if levels[area] not in _LEVELS[kind]:
        return Fault("/area_code", "wrong_level", _LEVEL)
    if any(code not in levels or home_key(code) != home_key(area) for code in catchment):
        return Fault("/catchment", "wrong_catchment", _CATCHMENT)
    if parent is not None and (parent.kind not in _PARENTS[kind] or home_key(parent.area_code) != home_key(area)):
        return Fault("/parent_id", "wrong_parent", _PARENT)
    return None
