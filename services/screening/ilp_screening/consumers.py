"""Keeps the local copies of facilities and persons up to date from registry events."""

from collections.abc import Sequence
from uuid import UUID

from ilp_screening.copies.repository import FACILITIES, PERSONS, Facility, Person, empty_copies
from ilp_shared.bus.archive.unit import Unit
from ilp_shared.bus.contract.envelope import Event
from ilp_shared.db.connection import Connection
from ilp_shared.events.base import EventData
from ilp_shared.events.registry.v1 import FacilityRegistered, PersonRegistered
from ilp_shared.scalars import folded_area


class RegistryCopies:
    """Projection of registry events; areas are of no interest here."""

    handles: frozenset[type[EventData]] = frozenset({FacilityRegistered, PersonRegistered})

    async def apply(self, unit: Unit, events: Sequence[Event]) -> None:
        """Store the facilities and persons of a batch, one statement per table; an aggregate's last event wins."""
        facilities: dict[UUID, Facility] = {}
        persons: dict[UUID, Person] = {}
        for event in events:
            data, version = event.data, event.aggregate_version
            if isinstance(data, FacilityRegistered):
                facilities[data.facility_id] = Facility(
                    data.facility_id, data.kind, folded_area(data.area_code), data.timezone, version
                )
            elif isinstance(data, PersonRegistered):
                persons[data.person_id] = Person(data.person_id, data.sex, data.birth_date, data.home_area, version)
        await FACILITIES.store(unit.conn, facilities.values())
        await PERSONS.store(unit.conn, persons.values())


async def forget(conn: Connection, _domain: str) -> None:
    """Forget the registry: its events bring back everything that it still knows."""
    await empty_copies(conn)
