"""Wire forms of areas."""

from typing import Annotated, Literal

from pydantic import AfterValidator

from ilp_shared.areas import level_of
from ilp_shared.http.paging import Paged
from ilp_shared.http.submissions import Receipt
from ilp_shared.models import Input, Output
from ilp_shared.scalars import AreaCode, Latitude, Longitude, Name, SearchText

Level = Literal["province", "regency", "district", "village", "sub_village"]
_DEEPEST = 7
"""Segments of the longest code: four down to the village, then dusun, RW and RT."""


def _below_village(code: str) -> str:
    if level_of(code) != "sub_village" or code.count(".") >= _DEEPEST:
        raise ValueError("must lie one to three levels below a village")
    return code


class Area(Output):
    """One area; some villages have no coordinates."""

    code: str
    name: str
    level: str
    kind: str
    parent_code: str | None
    lat: float | None
    lng: float | None


class Ancestor(Output):
    """A step of the way from the nation down to an area."""

    code: str
    name: str
    level: str


class Alias(Output):
    """Another name in use, and its source."""

    name: str
    source: str


class AreaDetail(Area):
    """One area with its lineage (nation first, itself last), its number of direct children, and its other names."""

    lineage: list[Ancestor]
    children: int
    aliases: list[Alias]


class AreaQuery(Paged):
    """`area` keeps a subtree, `level` one level; `q` finds names, other names and beginnings of codes."""

    area: AreaCode | None = None
    level: Level | None = None
    q: SearchText | None = None


class AreaInput(Input):
    """A dusun, lingkungan, RW or RT below a village: `13.76.01.1002.RW03`."""

    code: Annotated[AreaCode, AfterValidator(_below_village)]
    name: Name
    kind: Literal["dusun", "lingkungan", "rw", "rt"]
    lat: Latitude | None = None
    lng: Longitude | None = None


class AreaReceipt(Receipt):
    """Answer to a new area: `id` is derived from the code."""

    code: str
