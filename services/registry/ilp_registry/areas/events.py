"""Events of areas: one for a regency's tree down to its villages, one for each area below a village."""

from collections.abc import Sequence

import asyncpg

from ilp_registry.areas.schemas import AreaInput
from ilp_registry.rules.derived_ids import area_id
from ilp_shared.areas import village_of
from ilp_shared.bus.contract.envelope import Aggregate
from ilp_shared.events.registry.v1 import AreaNode, AreaRegistered, AreaTreePublished


def area_registered(form: AreaInput, parent_code: str) -> tuple[AreaRegistered, Aggregate]:
    """Return the event of a new area below a village, and its aggregate: one per area, so that its size is bounded."""
    data = AreaRegistered(level="sub_village", parent_code=parent_code, **form.model_dump())
    return data, Aggregate(area_id(data.code), 1, home_area=data.code, area_code=village_of(data.code))


def tree_published(
    root: str, version: int, dataset: str, areas: Sequence[asyncpg.Record]
) -> tuple[AreaTreePublished, Aggregate]:
    """Return the event of a regency (`root`) with its province, districts and villages, and its aggregate."""
    data = AreaTreePublished(root=root, dataset=dataset, areas=[AreaNode(**area) for area in areas])
    return data, Aggregate(area_id(root), version, home_area=root)
