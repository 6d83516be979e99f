"""Local copy of facilities: counts by kind and the mark of example data. Called by the projection."""

from collections.abc import Sequence

from ilp_shared.bus.envelope import Event
from ilp_shared.db.connection import Connection
from ilp_shared.events.registry.v1 import FacilityRegistered

_STORE = """
INSERT INTO facility (facility_id, version, kind, name, area_code, example_data)
SELECT * FROM unnest($1::uuid[], $2::int[], $3::text[], $4::text[], $5::text[], $6::boolean[])
ON CONFLICT (facility_id) DO UPDATE
SET version = excluded.version, kind = excluded.kind, name = excluded.name, area_code = excluded.area_code,
    example_data = excluded.example_data
WHERE facility.version < excluded.version
"""


async def apply(conn: Connection, events: Sequence[Event]) -> None:
    """Store the newest version of each facility."""
    newest = {}
    for event in sorted(events, key=lambda event: event.aggregate_version):
        if isinstance(event.data, FacilityRegistered):
            data = event.data
            row = (event.aggregate_version, data.kind, data.name, data.area_code, data.example_data)
            newest[event.aggregate_id] = (event.aggregate_id, *row)
    if newest:
        await conn.execute(_STORE, *(list(column) for column in zip(*newest.values(), strict=True)))
