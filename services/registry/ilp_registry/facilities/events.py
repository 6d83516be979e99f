"""Events of facilities."""

from ilp_registry.facilities.models import NewFacility
from ilp_shared.areas import zone_of
from ilp_shared.bus.contract.envelope import Aggregate
from ilp_shared.events.registry.v1 import FacilityRegistered


def facility_registered(facility: NewFacility) -> tuple[FacilityRegistered, Aggregate]:
    """Return the event of a new facility and its aggregate."""
    data = FacilityRegistered(
        facility_id=facility.id,
        kind=facility.kind,
        name=facility.name,
        code=facility.code,
        area_code=facility.area_code,
        parent_id=facility.parent_id,
        catchment=facility.catchment,
        timezone=zone_of(facility.area_code).key,
        example_data=facility.example_data,
    )
    return data, Aggregate(facility.id, 1, home_area=facility.area_code, facility_id=facility.id)
