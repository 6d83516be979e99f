"""Local copy of facilities: counts by kind and the mark of example data. Called by the projection."""

from collections.abc import Sequence
from uuid import UUID

from ilp_monitoring.projections.state_repository import Facility, store_facilities
from ilp_shared.bus.contract.envelope import Event
from ilp_shared.db.connection import Connection
from ilp_shared.events.registry.v1 import FacilityRegistered


async def apply(conn: Connection, events: Sequence[Event]) -> None:
    """Store the newest version of each facility."""
    newest: dict[UUID, Facility] = {}
    for event in sorted(events, key=lambda event: event.aggregate_version):
        if isinstance(event.data, FacilityRegistered):
            data = event.data
            newest[event.aggregate_id] = Facility(
                event.aggregate_id,
                event.aggregate_version,
                data.kind,
                data.name,
                data.area_code,
                data.example_data,
            )
    await store_facilities(conn, list(newest.values()))
