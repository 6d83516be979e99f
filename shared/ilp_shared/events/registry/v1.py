"""Events of the registry: areas, facilities and persons, as far as other services need them."""

from datetime import date
from typing import ClassVar, Literal
from uuid import UUID

from ilp_shared.events.base import EventData, EventPart


class AreaNode(EventPart):
    """One area of a published tree. `level` is province, regency, district, village or sub_village."""

    code: str
    name: str
    level: str
    kind: str
    parent_code: str | None = None
    lat: float | None = None
    lng: float | None = None


class AreaTreePublished(EventData):
    """The areas of one regency from its province down to its villages; a later version replaces the earlier one.

    Areas below villages are published one by one (`AreaRegistered`): a regency may have tens of thousands of them.
    """

    TYPE: ClassVar[str] = "ilp.registry.area-tree-published.v1"
    root: str
    dataset: str
    areas: list[AreaNode]


class AreaRegistered(EventData):
    """A dusun, lingkungan, RW or RT below a village exists; its parent is published before it."""

    TYPE: ClassVar[str] = "ilp.registry.area-registered.v1"
    code: str
    name: str
    level: Literal["sub_village"]
    kind: str
    parent_code: str
    lat: float | None = None
    lng: float | None = None


class FacilityRegistered(EventData):
    """A puskesmas, pustu or posyandu exists, or its data changed (same aggregate, next version)."""

    TYPE: ClassVar[str] = "ilp.registry.facility-registered.v1"
    facility_id: UUID
    kind: Literal["puskesmas", "pustu", "posyandu"]
    name: str
    code: str | None = None
    area_code: str
    parent_id: UUID | None = None
    catchment: tuple[str, ...] = ()
    timezone: str
    example_data: bool = False


class PersonRegistered(EventData):
    """A person is in the master index, or an attribute that rules need has changed. There is neither NIK nor name.

    `home_area` is the village, never an area below it: birth date and RT together would identify a person.
    """

    TYPE: ClassVar[str] = "ilp.registry.person-registered.v1"
    person_id: UUID
    sex: Literal["male", "female"]
    birth_date: date
    home_area: str
    active: bool = True
