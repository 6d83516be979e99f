"""Wire forms of facilities."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, Field, JsonValue, StrictBool, StringConstraints, WithJsonSchema

from ilp_registry.inputs import NO_CONTROLS, AreaCodeIn, Input, Latitude, ListQuery, Longitude, NameIn
from ilp_registry.submissions.schemas import Receipt
from ilp_shared.http.batches import MAX_ITEMS, items_schema

Kind = Literal["puskesmas", "pustu", "posyandu"]
Code = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9./-]{1,32}$")]


class FacilityIn(Input):
    """A facility. `id` may be made by the client; `catchment` defaults to the village of a posyandu or pustu."""

    id: UUID | None = None
    kind: Kind
    name: NameIn
    code: Code | None = None
    area_code: AreaCodeIn
    parent_id: UUID | None = None
    catchment: Annotated[tuple[AreaCodeIn, ...] | None, Field(max_length=500)] = None
    lat: Latitude | None = None
    lng: Longitude | None = None
    example_data: StrictBool = False


class FacilityOut(BaseModel):
    """A facility as stored; `timezone` (IANA) is that of its reporting days."""

    id: UUID
    version: int
    kind: Kind
    name: str
    code: str | None
    area_code: str
    parent_id: UUID | None
    catchment: list[str]
    timezone: str
    lat: float | None
    lng: float | None
    example_data: bool


class Network(BaseModel):
    """How many facilities belong to a facility directly."""

    pustu: int
    posyandu: int


class FacilityDetail(FacilityOut):
    """A facility with the size of its network."""

    network: Network


class FacilityReceipt(Receipt, FacilityOut):
    """Answer to a new facility."""

    def path(self) -> str:
        """Return where the facility can be read."""
        return f"/v1/facilities/{self.id}"


class FacilityQuery(ListQuery):
    """`area` keeps a subtree, `parent` the network of one facility, `serves` those whose catchment names an area."""

    area: AreaCodeIn | None = None
    kind: Kind | None = None
    parent: UUID | None = None
    serves: AreaCodeIn | None = None
    q: Annotated[str | None, Field(min_length=1, max_length=100, pattern=NO_CONTROLS)] = None


class FacilityBatch(Input):
    """Up to 500 facilities, each with its own `idempotency_key`; each is judged by itself."""

    items: Annotated[
        list[dict[str, JsonValue]],
        Field(min_length=1, max_length=MAX_ITEMS),
        WithJsonSchema(items_schema(FacilityIn)),
    ]
