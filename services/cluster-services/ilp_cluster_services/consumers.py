"""The projection of cluster-services: screenings open tasks, the registry's facilities say who acts.

A batch is one transaction: its rules return effects, then tasks, history and events are written together. A task
opened before its puskesmas was known here gets it when the registry's event arrives.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from ilp_cluster_services.facilities import repository as facilities
from ilp_cluster_services.facilities.repository import Facility
from ilp_cluster_services.policy.loader import load_routing
from ilp_cluster_services.rules.forms import RoutingTables
from ilp_cluster_services.rules.models import Move, Network, Screening, TaskState
from ilp_cluster_services.rules.reconcile import Change, reconcile, withdraw
from ilp_cluster_services.rules.routing import facility_at, plan
from ilp_cluster_services.tasks import repository as tasks
from ilp_cluster_services.tasks.events import emit_changed
from ilp_cluster_services.tasks.repository import MoveMade
from ilp_shared.bus.archive.unit import Unit
from ilp_shared.bus.contract.envelope import Event
from ilp_shared.db.connection import Connection
from ilp_shared.events.base import EventData
from ilp_shared.events.registry.v1 import FacilityRegistered
from ilp_shared.events.screening.v1 import ScreeningCorrected, ScreeningRecorded, ScreeningVoided
from ilp_shared.scalars import folded_area

Screened = ScreeningRecorded | ScreeningCorrected | ScreeningVoided


class Effect(NamedTuple):
    """What an event makes of one task. `move` is None when only the version of its screening went on."""

    task: TaskState
    move: Move | None
    cause: Event
    occurred_at: datetime
    at: datetime
    """Instant of the move in the history of the task."""


class TaskProjection:
    """Turns screening events into tasks, and facilities into who acts on them."""

    handles: frozenset[type[EventData]] = frozenset(
        {FacilityRegistered, ScreeningRecorded, ScreeningCorrected, ScreeningVoided}
    )

    def __init__(self, routing: RoutingTables) -> None:
        self._routing = routing

    async def apply(self, unit: Unit, events: Sequence[Event]) -> None:
        """Apply events in order; at the end of a batch every task of it is as its screening asks."""
        registered = [(event, event.data) for event in events if isinstance(event.data, FacilityRegistered)]
        screened = [(event, event.data) for event in events if isinstance(event.data, Screened)]
        if registered or screened:
            await facilities.hold_network(unit.conn, changing=bool(registered))
        await facilities.store(unit.conn, [_facility(event, data) for event, data in registered])
        if screened:
            await _write(unit, await self._decide(unit.conn, screened))
        if registered:
            cause = max((event for event, _ in registered), key=lambda event: event.recorded_at)
            at = max(event.recorded_at for event in events)  # no earlier than the moves of this batch
            await _write(unit, await _assign_waiting(unit.conn, cause, at))

    async def _decide(self, conn: Connection, screened: Sequence[tuple[Event, Screened]]) -> list[Effect]:
        """Decide on screening events in order, each on the tasks as the events before it left them."""
        by_screening: dict[UUID, dict[str, TaskState]] = {}
        for task in await tasks.tasks_of(conn, (data.screening_id for _, data in screened)):
            by_screening.setdefault(task.screening_id, {})[task.action] = task
        networks = await facilities.networks(conn, (data.facility_id for _, data in screened))
        effects = []
        for event, data in screened:
            current = by_screening.setdefault(data.screening_id, {})
            for task, move in _changes(event, data, current, networks.get(data.facility_id), self._routing):
                current[task.action] = task
                effects.append(Effect(task, move, event, event.occurred_at, event.recorded_at))
        return effects


async def _assign_waiting(conn: Connection, cause: Event, at: datetime) -> list[Effect]:
    """Give the waiting tasks the facilities that are known now."""
    waiting = await tasks.waiting_tasks(conn)
    if not waiting:
        return []
    networks = await facilities.networks(conn, (task.origin_facility_id for task in waiting))
    effects = []
    for task in waiting:
        origin = task.origin_facility_id
        facility_id = facility_at(networks.get(origin), origin, task.target_level)
        if facility_id is not None:
            assigned = task.model_copy(update={"facility_id": facility_id, "version": task.version + 1})
            effects.append(Effect(assigned, "assign", cause, at, at))
    return effects


async def _write(unit: Unit, effects: Sequence[Effect]) -> None:
    """Store the newest state of each task and the history of its moves, and raise an event per move."""
    states = {effect.task.id: effect.task for effect in effects}
    moves = [MoveMade(effect.task, effect.move, effect.at) for effect in effects if effect.move is not None]
    await tasks.save(unit.conn, states.values(), moves)
    for effect in effects:
        if effect.move is not None:
            emit_changed(unit, effect.task, occurred_at=effect.occurred_at, cause=effect.cause)


def _changes(
    event: Event, data: Screened, current: Mapping[str, TaskState], network: Network | None, routing: RoutingTables
) -> list[Change]:
    if isinstance(data, ScreeningVoided):
        return withdraw(current, event.aggregate_version)
    screening = Screening(
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
    planned = plan(screening, routing.for_day(data.day))
    return reconcile(current, screening, planned, lambda level: facility_at(network, data.facility_id, level))


def _facility(event: Event, data: FacilityRegistered) -> Facility:
    return Facility(data.facility_id, event.aggregate_version, data.kind, folded_area(data.area_code), data.parent_id)


def make_projection() -> TaskProjection:
    """Return the projection with the routing tables in force."""
    return TaskProjection(load_routing())


async def forget(conn: Connection, domain: str) -> None:
    """Forget a source. Tasks are records of this service and stay: each is decided on again as its screening returns.

    Those whose screening never returns are listed by `python -m ilp_cluster_services orphans`.
    """
    if domain == "registry":
        await facilities.empty(conn)
    else:
        await tasks.forget_screenings(conn)
