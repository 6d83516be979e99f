"""Wire forms of facilities."""

from typing import Annotated
from uuid import UUID

from pydantic import Field, JsonValue, StrictBool, WithJsonSchema

from ilp_registry.facilities.models import Kind
from ilp_shared.http.batches import MAX_ITEMS, items_schema
from ilp_shared.http.paging import Paged
from ilp_shared.http.submissions import Receipt
from ilp_shared.models import Input, Output
from ilp_shared.scalars import AreaCode, FacilityCode, Latitude, Longitude, Name, SearchText


class FacilityInput(Input):
    """A facility. `id` may be made by the client; `catchment` defaults to the village of a posyandu or pustu."""

    id: UUID | None = None
    kind: Kind
    name: Name
    code: FacilityCode | None = None
    area_code: AreaCode
    parent_id: UUID | None = None
    catchment: Annotated[tuple[AreaCode, ...] | None, Field(max_length=500)] = None
    lat: Latitude | None = None
    lng: Longitude | None = None
    example_data: StrictBool = False


class Facility(Output):
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


class Network(Output):
    """How many facilities belong to a facility directly."""

    pustu: int
    posyandu: int


class FacilityDetail(Facility):
    """A facility with the size of its network."""

    network: Network


class FacilityReceipt(Receipt, Facility):
    """Answer to a new facility."""


class FacilityQuery(Paged):
    """`area` keeps a subtree, `parent` the network of one facility, `serves` those whose catchment names an area."""

    area: AreaCode | None = None
    kind: Kind | None = None
    parent: UUID | None = None
    serves: AreaCode | None = None
    q: SearchText | None = None


class FacilityBatchInput(Input):
    """Up to 500 facilities, each with its own `idempotency_key`; each is judged by itself."""

    items: Annotated[
        list[dict[str, JsonValue]],
        Field(min_length=1, max_length=MAX_ITEMS),
        WithJsonSchema(items_schema(FacilityInput)),
    ]
