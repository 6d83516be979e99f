"""Wire forms of areas."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, Field, StringConstraints

from ilp_registry.inputs import NO_CONTROLS, AreaCodeIn, Input, Latitude, ListQuery, Longitude, NameIn
from ilp_registry.submissions.schemas import Receipt

Level = Literal["province", "regency", "district", "village", "sub_village"]
SubVillageCode = Annotated[
    str, StringConstraints(pattern=r"^([0-9]{2}\.){3}[0-9]{4}(\.[A-Za-z0-9-]{1,16}){1,3}$", max_length=100)
]


class AreaOut(BaseModel):
    """One area; some villages have no coordinates."""

    code: str
    name: str
    level: str
    kind: str
    parent_code: str | None
    lat: float | None
    lng: float | None


class AncestorOut(BaseModel):
    """A step of the way from the nation down to an area."""

    code: str
    name: str
    level: str


class AliasOut(BaseModel):
    """Another name in use, and its source."""

    name: str
    source: str


class AreaDetail(AreaOut):
    """One area with its lineage (nation first, itself last), its number of direct children, and its other names."""

    lineage: list[AncestorOut]
    children: int
    aliases: list[AliasOut]


class AreaQuery(ListQuery):
    """`area` keeps a subtree, `level` one level; `q` finds names, other names and beginnings of codes."""

    area: AreaCodeIn | None = None
    level: Level | None = None
    q: Annotated[str | None, Field(min_length=1, max_length=100, pattern=NO_CONTROLS)] = None


class AreaIn(Input):
    """A dusun, lingkungan, RW or RT below a village: `13.76.01.1002.RW03`."""

    code: SubVillageCode
    name: NameIn
    kind: Literal["dusun", "lingkungan", "rw", "rt"]
    lat: Latitude | None = None
    lng: Longitude | None = None


class AreaReceipt(Receipt):
    """Answer to a new area: `id` is derived from the code."""

    id: UUID
    code: str

    def path(self) -> str:
        """Return where the area can be read."""
        return f"/v1/areas/{self.code}"
