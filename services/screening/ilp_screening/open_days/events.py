"""Events of open days: other services learn on which days a report is due."""

from ilp_screening.open_days.models import OpenDayRow
from ilp_shared.bus.contract.envelope import Aggregate
from ilp_shared.events.screening.v1 import OpenDayScheduled


def scheduled(row: OpenDayRow) -> OpenDayScheduled:
    """Return the event of an open day that was planned or cancelled."""
    return OpenDayScheduled(
        open_day_id=row.id,
        facility_id=row.facility_id,
        facility_kind=row.facility_kind,
        facility_area=row.facility_area,
        day=row.day,
        cancelled=row.cancelled,
    )


def aggregate_of(row: OpenDayRow) -> Aggregate:
    """Return what the events of an open day are about."""
    return Aggregate(row.id, row.version, home_area=row.facility_area, facility_id=row.facility_id)
