"""Keeps the local copies of facilities and persons up to date from registry events; run by the worker."""

from collections.abc import Sequence
from uuid import UUID

from ilp_screening.copies.repository import FacilityRow, PersonRow, empty_copies, keep_facilities, keep_persons
from ilp_shared.bus.contract.envelope import Event
from ilp_shared.db.connection import Connection
from ilp_shared.events.base import EventData
from ilp_shared.events.registry.v1 import FacilityRegistered, PersonRegistered


class RegistryCopies:
    """Projection of registry events; areas are of no interest here."""

    handles: frozenset[type[EventData]] = frozenset({FacilityRegistered, PersonRegistered})

    async def apply(self, conn: Connection, events: Sequence[Event]) -> None:
        """Upsert what a batch says, one statement per table; the last event of an aggregate wins."""
        facilities: dict[UUID, FacilityRow] = {}
        persons: dict[UUID, PersonRow] = {}
        for event in events:
            data, version = event.data, event.aggregate_version
            if isinstance(data, FacilityRegistered):
                facilities[data.facility_id] = FacilityRow(
                    data.facility_id, data.kind, data.area_code, data.timezone, version
                )
            elif isinstance(data, PersonRegistered):
                persons[data.person_id] = PersonRow(data.person_id, data.sex, data.birth_date, data.home_area, version)
        if facilities:
            await keep_facilities(conn, facilities.values())
        if persons:
            await keep_persons(conn, persons.values())


async def forget(conn: Connection, _domain: str) -> None:
    """Forget the registry: its events bring back what it still knows. Named by `service.py`."""
    await empty_copies(conn)
