"""The projection of cluster-services: screenings open tasks, the registry's facilities say who acts.

Run by the worker's consumer, a batch per transaction; tasks, history and events are written in that transaction.
A task opened before its puskesmas was known here gets it when the registry's event arrives.
"""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from ilp_cluster_services.facilities import repository as facilities
from ilp_cluster_services.facilities.repository import Network
from ilp_cluster_services.policy.loader import load_routing
from ilp_cluster_services.policy.models import RoutingTables
from ilp_cluster_services.rules.models import Screening, Task
from ilp_cluster_services.rules.reconcile import Change, reconcile, withdraw
from ilp_cluster_services.rules.routing import plan
from ilp_cluster_services.tasks import projection_repository as tasks
from ilp_cluster_services.tasks.events import task_changed
from ilp_cluster_services.tasks.projection_repository import Noted
from ilp_shared.bus.archive import event_log
from ilp_shared.bus.contract.envelope import Event, NewEvent
from ilp_shared.db.connection import Connection
from ilp_shared.events.base import EventData
from ilp_shared.events.registry.v1 import FacilityRegistered
from ilp_shared.events.screening.v1 import ScreeningCorrected, ScreeningRecorded, ScreeningVoided

_SCREENED = (ScreeningRecorded, ScreeningCorrected)


class TaskProjection:
    """Turns screening events into tasks; other events change nothing."""

    handles: frozenset[type[EventData]] = frozenset({FacilityRegistered, ScreeningVoided, *_SCREENED})

    def __init__(self, routing: RoutingTables) -> None:
        self._routing = routing

    async def apply(self, conn: Connection, events: Sequence[Event]) -> None:
        """Apply events in order; at the end of a batch every task of it is as its screening asks."""
        network_changed = any(isinstance(event.data, FacilityRegistered) for event in events)
        screenings = {e.data.screening_id for e in events if isinstance(e.data, (*_SCREENED, ScreeningVoided))}
        if network_changed or screenings:
            await facilities.hold_network(conn, changing=network_changed)
        if network_changed:
            await facilities.store(conn, events)
        origins = {e.data.facility_id for e in events if isinstance(e.data, _SCREENED)}
        if screenings:
            batch = _Batch(await tasks.tasks_of(conn, screenings), await facilities.networks(conn, origins))
            for event in events:
                batch.take(event, self._routing)
            await batch.write(conn)
        if network_changed:
            await _assign_waiting(conn, max(event.recorded_at for event in events))


class _Batch:
    """Tasks of the screenings of one batch, in memory, and what becomes of them."""

    def __init__(self, known: Sequence[Task], networks: dict[UUID, Network]) -> None:
        self._tasks: dict[UUID, dict[str, Task]] = {}
        for task in known:
            self._tasks.setdefault(task.screening_id, {})[task.action] = task
        self._networks = networks
        self._changed: dict[UUID, Task] = {}
        self._moves: list[Noted] = []
        self._raised: list[NewEvent] = []

    def take(self, event: Event, routing: RoutingTables) -> None:
        """Decide on one event."""
        data = event.data
        if isinstance(data, ScreeningVoided):
            current = self._tasks.setdefault(data.screening_id, {})
            self._keep(current, withdraw(current, event.aggregate_version), event)
        elif isinstance(data, _SCREENED):
            current = self._tasks.setdefault(data.screening_id, {})
            network = self._networks.get(data.facility_id)
            origin = data.facility_id
            screening = _screening(event, data)
            planned = plan(screening, routing.for_day(data.day))
            changes = reconcile(current, screening, planned, lambda level: facilities.target(network, origin, level))
            self._keep(current, changes, event)

    def _keep(self, current: dict[str, Task], changes: Sequence[Change], event: Event) -> None:
        for task, move in changes:
            current[task.action] = self._changed[task.id] = task
            if move is not None:
                self._moves.append(Noted(task, move, event.recorded_at))
                self._raised.append(task_changed(task, event.occurred_at))

    async def write(self, conn: Connection) -> None:
        """Write states, history and events."""
        await tasks.save(conn, list(self._changed.values()))
        await tasks.note(conn, self._moves)
        await event_log.append(conn, self._raised)


async def _assign_waiting(conn: Connection, at: datetime) -> None:
    waiting = await tasks.waiting_tasks(conn)
    networks = await facilities.networks(conn, (task.origin_facility_id for task in waiting)) if waiting else {}
    assigned = []
    for task in waiting:
        found = facilities.target(networks.get(task.origin_facility_id), task.origin_facility_id, task.target_level)
        if found is not None:
            assigned.append(task.model_copy(update={"facility_id": found, "version": task.version + 1}))
    await tasks.save(conn, assigned)
    await tasks.note(conn, [Noted(task, "assign", at) for task in assigned])
    await event_log.append(conn, [task_changed(task, at) for task in assigned])


def _screening(event: Event, data: ScreeningRecorded | ScreeningCorrected) -> Screening:
    return Screening(
        screening_id=data.screening_id,
        version=event.aggregate_version,
        person_id=data.person_id,
        facility_id=data.facility_id,
        facility_area=data.facility_area,
        home_area=data.home_area,
        day=data.day,
        occurred_at=event.occurred_at,
        results=data.results,
    )


def make_projection() -> TaskProjection:
    """Return the projection with the routing tables in force; named by `service.py`."""
    return TaskProjection(load_routing())


async def forget(conn: Connection, domain: str) -> None:
    """Forget a source. Tasks are records of this service and stay: each is decided on anew as its screening comes back.

    Those whose screening never does are listed by `python -m ilp_cluster_services orphans`. Named by `service.py`.
    """
    if domain == "registry":
        await facilities.empty(conn)
    else:
        await tasks.forget_screenings(conn)
